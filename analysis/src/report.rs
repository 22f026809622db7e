//! The report of a results folder: one page that stands alone, and its pictures as files.

mod alerts;
mod comparison;
mod content;
mod html;
mod jobs;
mod nodes;
mod over_time;
mod rows;
mod setup;
mod sweep;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::plot::Picture;
use crate::store::StoreError;
use crate::whole_file::write_whole;
use content::Content;
use html::Html;

/// The page, within a results folder.
pub(crate) const REPORT: &str = "report.html";
/// The folder of pictures, within a results folder.
pub(crate) const PLOTS: &str = "plots";

/// Names of all pictures that reports write, some with a number behind them.
const PICTURES: [&str; 8] =
    ["comparison", "front", "axis", "axes", "distributions", "over-time", "arrived-load", "nodes"];

/// What a report was made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// Names of the pictures, without their endings.
    pub pictures: Vec<String>,
    /// Runs that it speaks of.
    pub runs: usize,
    /// False if runs are missing from the folder.
    pub is_complete: bool,
}

/// What sections write to.
#[derive(Debug, Default)]
struct Page {
    body: Html,
    pictures: Vec<(String, Picture)>,
}

impl Page {
    /// Shows a picture, and keeps it to be written as a file of that name, one of [`PICTURES`].
    fn figure(&mut self, name: &str, number: Option<usize>, picture: Picture, caption: &str) {
        assert!(PICTURES.contains(&name), "a picture of a name that clearing does not know: {name}");
        self.body.figure(&picture, caption);
        let number = number.map_or(String::new(), |number| format!("-{number}"));
        self.pictures.push((format!("{name}{number}"), picture));
    }
}

/// A part of the page; it writes nothing if it has nothing to say.
type Section = fn(&Content, &mut Page) -> Result<(), StoreError>;

/// The page from top to bottom.
const SECTIONS: &[Section] = &[
    setup::opening,
    setup::missing,
    setup::setup,
    comparison::table,
    comparison::pairs,
    comparison::front,
    sweep::axes,
    jobs::distributions,
    over_time::series,
    over_time::loads,
    alerts::alerts,
    nodes::nodes,
    setup::points,
    setup::reproduce,
];

/// Writes the report of the results in `dir`: its pictures to `dir/plots`, as SVG and PNG, then the page to `page`, or
/// to `dir/report.html`. `metrics` are full names or families; without any, those of the text table are shown.
///
/// The bytes depend on the folder alone. Pictures of an earlier report that this one does not have are removed.
///
/// # Errors
/// If the folder holds no results, or something cannot be read or written. What can be wrong with the results is found
/// before the first file is written.
pub fn write(dir: &Path, page: Option<&Path>, metrics: &[String]) -> Result<Written, StoreError> {
    let content = Content::read(dir, metrics)?;
    let mut draft = Page::default();
    for section in SECTIONS {
        section(&content, &mut draft)?;
    }
    let title = setup::title(&content);
    let plots = dir.join(PLOTS);
    std::fs::create_dir_all(&plots).map_err(|error| StoreError::io(&plots, &error))?;
    for (name, picture) in &draft.pictures {
        write_whole(&plots.join(format!("{name}.svg")), picture.svg().as_bytes())?;
        write_whole(&plots.join(format!("{name}.png")), &picture.png())?;
    }
    let pictures: Vec<String> = draft.pictures.into_iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(&plots).map_err(|error| StoreError::io(&plots, &error))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
        if is_plot(&name) && !pictures.iter().any(|picture| picture == stem) {
            std::fs::remove_file(entry.path()).map_err(|error| StoreError::io(&entry.path(), &error))?;
        }
    }
    let page = page.map_or_else(|| dir.join(REPORT), Path::to_owned);
    write_whole(&page, Html::document(&title, &draft.body).as_bytes())?;
    let (runs, is_complete) = (content.records.len(), content.manifest.is_complete);
    Ok(Written { page, pictures, runs, is_complete })
}

/// True for the file names of pictures: one of [`PICTURES`], with or without a number.
pub(crate) fn is_plot(name: &str) -> bool {
    let Some((stem, "svg" | "png")) = name.rsplit_once('.') else { return false };
    let base = match stem.rsplit_once('-') {
        Some((base, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => base,
        _ => stem,
    };
    PICTURES.contains(&base)
}
