//! Did you mean: the nearest known name, if it is near enough to be a slip of the fingers.

/// The candidate at the smallest Damerau-Levenshtein distance, at most a third of the name's length (at least 1).
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&lower, &c.to_lowercase()), c))
        .filter(|&(distance, c)| distance <= limit && distance < c.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_but_not_strangers() {
        assert_eq!(nearest("dropuot", ["dense", "dropout"]), Some("dropout"));
        assert_eq!(nearest("Dropout", ["dense", "dropout"]), Some("dropout"));
        assert_eq!(nearest("lstm", ["dense", "dropout"]), None);
        assert_eq!(nearest("p", ["q"]), None);
    }
}
