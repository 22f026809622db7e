//! Points of a sweep in words, and axis values cut down to what tells them apart.

/// The point in words: `cluster.nodes = 4, workload.load = 0.9`.
pub fn point_text(axes: &[(String, String)]) -> String {
    let texts: Vec<String> = axes.iter().map(|(axis, value)| format!("{axis} = {value}")).collect();
    texts.join(", ")
}

/// Short forms of `values`, which are those of one axis: file stems for paths, without what all stems begin
/// with up to a `_` or `-`; other values as they are.
///
/// Different values have different short forms: where cutting would make two alike, nothing is cut.
pub(crate) fn short_forms(values: &[&str]) -> Vec<String> {
    let whole = || values.iter().map(|&value| value.to_owned()).collect();
    if !values.iter().all(|value| value.contains('/')) {
        return whole();
    }
    let stems: Vec<&str> = values.iter().map(|value| stem(value)).collect();
    let cut: Vec<&str> = stems.iter().map(|stem| &stem[common_start(&stems)..]).collect();
    let tell_apart = |short: &[&str]| {
        let all = || short.iter().zip(values).enumerate();
        short.iter().all(|text| !text.is_empty())
            && all().all(|(n, (text, value))| all().take(n).all(|(_, (t, v))| (t == text) == (v == value)))
    };
    let short = [cut, stems].into_iter().find(|short| tell_apart(short));
    short.map_or_else(whole, |short| short.iter().map(|&text| text.to_owned()).collect())
}

/// The file name without its endings: `log` of `a/log.swf.gz`.
fn stem(path: &str) -> &str {
    let name = path.trim_end_matches(['/', '"', '\'']).rsplit('/').next().unwrap_or(path);
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let is_ending = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    name.rsplit_once('.').filter(|(_, ending)| is_ending(ending)).map_or(name, |(stem, _)| stem)
}

/// Bytes that all begin with, up to and with the last `_` or `-` among them; 0 if all are equal.
fn common_start(stems: &[&str]) -> usize {
    let Some((first, others)) = stems.split_first() else { return 0 };
    let shared = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = others.iter().map(shared).min().unwrap_or(0);
    if length == first.len() && others.iter().all(|other| other == first) {
        return 0;
    }
    // The mark is one byte, so that a character is never cut in two.
    first.as_bytes()[..length].iter().rposition(|byte| b"_-".contains(byte)).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_to_what_tells_them_apart() {
        let pods = ["${D}/openb/openb_pod_list_cpu050.csv.gz", "${D}/openb/openb_pod_list_default.csv"];
        assert_eq!(short_forms(&pods), ["cpu050", "default"]);
        assert_eq!(short_forms(&["results/a", "results/b"]), ["a", "b"]);
        assert_eq!(short_forms(&["results/load-0.7", "results/load-0.9/"]), ["0.7", "0.9"]);
        assert_eq!(short_forms(&["a/log-ä.swf", "a/log-ö.swf"]), ["ä", "ö"]);
    }

    #[test]
    fn what_would_look_alike_is_left_whole() {
        assert_eq!(short_forms(&["a/log.swf", "b/log.swf"]), ["a/log.swf", "b/log.swf"]);
        assert_eq!(short_forms(&["a/x_.swf", "a/x_b.swf"]), ["x_", "x_b"]);
        assert_eq!(short_forms(&["a/x.swf", "a/x.swf"]), ["x", "x"]);
        assert_eq!(short_forms(&["0.50", "0.55", "best-fit"]), ["0.50", "0.55", "best-fit"]);
    }
}
