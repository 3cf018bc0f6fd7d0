/// The longest name that is compared: what is longer is no slip of the hand.
const LONGEST: usize = 64;

/// The one of `known` that `name` was probably meant to be.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('-', "_");
    let near = known.iter().map(|known| (distance(&name, known), *known)).min_by_key(|near| near.0);
    // A third of the letters may be wrong.
    near.filter(|(distance, known)| *distance <= known.len().div_ceil(3)).map(|near| near.1)
}

/// How many letters are to be added, taken away or exchanged to make `one` of `other`.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = above + 1;
        for (at, theirs) in other.iter().enumerate() {
            let exchanged = corner + usize::from(letter != *theirs);
            corner = row[at + 1];
            row[at + 1] = exchanged.min(row[at] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn the_distance_is_the_least_number_of_changes() {
        for (one, other, changes) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("abc", "abd", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), changes, "{one} {other}");
        }
    }

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_does_not() {
        let known = ["min_calls", "open_for", "open_jitter"];
        assert_eq!(nearest("min-calls", &known), Some("min_calls"));
        assert_eq!(nearest("openFor", &known), Some("open_for"));
        assert_eq!(nearest("opn_jiter", &known), Some("open_jitter"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest(&"open_for".repeat(9), &known), None);
        assert_eq!(nearest("", &[]), None);
    }
}
