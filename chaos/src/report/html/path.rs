use std::path::{Path, PathBuf};

use anyhow::ensure;

/// The place of the page that goes with the report at `json`: the same, ending in `.html`.
///
/// # Errors
///
/// When the report itself ends so, because the two would be one file.
pub fn beside(json: &Path) -> anyhow::Result<PathBuf> {
    let page = json.with_extension("html");
    ensure!(
        page != json,
        "cannot write the report to {}: its page goes there, expected another extension such as \
         .json",
        json.display()
    );
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_goes_beside_the_report() {
        for (json, page) in [("report.json", "report.html"), ("a.b/run.7.json", "a.b/run.7.html")] {
            assert_eq!(beside(Path::new(json)).unwrap(), Path::new(page));
        }
    }

    #[test]
    fn a_report_in_the_place_of_its_page_is_refused() {
        let error = beside(Path::new("out/run.html")).unwrap_err().to_string();
        assert!(error.contains("out/run.html"), "{error}");
    }
}
