//! Suggestions for misspelt words.

/// Words that a list names before it says how many more there are.
const LISTED_MAX: usize = 12;

/// The known word nearest to `word`, if it is near enough to be meant.
///
/// # Source
/// Optimal string alignment distance, at most a third of the word's length and at least one edit; ties go to
/// the first known word. A word that begins or ends a known one is near as well: `mem` for `memory`.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('_', "-");
    let limit = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let plain = candidate.to_lowercase().replace('_', "-");
        let edits = strsim::osa_distance(&word, &plain);
        let part = word.len() >= 3 && (plain.starts_with(&word) || plain.ends_with(&word));
        let distance = if part { edits.min(limit) } else { edits };
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `did you mean ..?` with the nearest word, or else the list of known ones.
pub fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => list(known),
    }
}

fn list<'a>(known: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = known.map(|word| format!("`{word}`")).collect();
    match words.len() {
        0 => "none is known".to_owned(),
        n if n > LISTED_MAX => {
            format!("known: {} and {} more", words[..LISTED_MAX].join(", "), n - LISTED_MAX)
        }
        _ => format!("known: {}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_listed() {
        let known = ["order", "place", "backfill"];
        assert_eq!(suggestion("ordr", known.into_iter()), "did you mean `order`?");
        assert_eq!(suggestion("back", known.into_iter()), "did you mean `backfill`?");
        assert_eq!(suggestion("zzz", known.into_iter()), "known: `order`, `place`, `backfill`");
        assert_eq!(suggestion("x", [].into_iter()), "none is known");
    }

    #[test]
    fn underscores_count_as_dashes() {
        assert_eq!(nearest("best_fit", ["best-fit"].into_iter()), Some("best-fit"));
    }
}
