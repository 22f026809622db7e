//! `${NAME}` in values: environment variables.

/// `text` with every `${NAME}` replaced by what `lookup` gives for it.
///
/// # Errors
/// The rule that is broken: a variable that is not set, or `${` without an end.
pub(super) fn substitute(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or("has `${` without the closing `}`")?;
        let name = &after[..end];
        match lookup(name) {
            Some(value) => out.push_str(&value),
            None => return Err(format!("environment variable `{name}` is not set")),
        }
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The environment variable `name`, if it is set to text. An empty name is never set.
pub(super) fn variable(name: &str) -> Option<String> {
    // The standard library panics on names with `=` or NUL in older versions, and never finds them anyway.
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_wherever_they_stand() {
        let lookup = |name: &str| (name == "D").then(|| "/data".to_owned());
        assert_eq!(substitute("${D}/a${D}", lookup), Ok("/data/a/data".to_owned()));
        assert_eq!(substitute("plain $D", lookup), Ok("plain $D".to_owned()));
        assert!(substitute("${E}", lookup).unwrap_err().contains("`E` is not set"));
        assert!(substitute("${D", lookup).unwrap_err().contains("closing"));
    }

    #[test]
    fn odd_names_are_simply_not_set() {
        assert_eq!(variable(""), None);
        assert_eq!(variable("a=b"), None);
    }
}
