//! The question that a scenario asks, as a sentence.

/// The question that opens `comment`, up to its mark and with a capital letter, and what the comment adds.
pub fn question(comment: &str) -> (String, String) {
    let end = comment.find("? ").map_or(comment.len(), |at| at + 1);
    let (asked, more) = comment.split_at(end);
    let mut letters = asked.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    (first.chain(letters).collect(), more.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_a_sentence_and_what_follows_is_not_it() {
        let split = |text| {
            let (asked, more) = question(text);
            format!("{asked}|{more}")
        };
        assert_eq!(split("does it? Ten runs? Yes."), "Does it?|Ten runs? Yes.");
        assert_eq!(split("does it pay?"), "Does it pay?|");
        assert_eq!(split("übers Jahr?"), "Übers Jahr?|");
        assert_eq!(split(""), "|");
    }
}
