//! `report`: what it writes, what it refuses, and what a browser makes of the page.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::{Bench, SCENARIO};

/// Looks at every picture and text of the page, and leaves what it finds in the title.
const LOOK: &str = r#"<script>
const found = [];
// What does not load, or goes wrong in a script, says so to its own element first.
addEventListener("error", (event) => found.push(`${event.target.src ?? event.message} failed`), true);
addEventListener("load", () => {
  const pictures = document.querySelectorAll("svg");
  pictures.forEach((svg, n) => {
    const box = svg.getBoundingClientRect();
    if (box.width < 100 || box.height < 50) found.push(`picture ${n} has no size`);
    const texts = [...svg.querySelectorAll("text")].map((text) => {
      const box = text.getBBox(), em = parseFloat(text.getAttribute("font-size"));
      // Of the line's height, what letters fill: the base line is 0.76 em below y, capitals 0.73 em high.
      const base = parseFloat(text.getAttribute("y")) + 0.76 * em;
      return { words: text.textContent.trim(), left: box.x, right: box.x + box.width,
               top: base - 0.73 * em, bottom: base + 0.24 * em };
    });
    const all = svg.viewBox.baseVal;
    texts.forEach((a, i) => {
      if (a.left < -4 || a.right > all.width + 4) found.push(`${a.words} leaves picture ${n}`);
      texts.slice(i + 1).forEach((b) => {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        if (!apart) found.push(`${a.words} lies on ${b.words} in picture ${n}`);
      });
    });
  });
  for (const load of performance.getEntriesByType("resource")) {
    if (!load.name.startsWith("data:")) found.push(`${load.name} was loaded`);
  }
  const wide = document.documentElement.scrollWidth > innerWidth;
  if (wide) found.push("the page is wider than the window");
  document.title = `LOOKED pictures=${pictures.length} found=${JSON.stringify(found)}`;
});
</script>"#;

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file())
}

/// The page after it was loaded, and what the browser said: lines of its console, loads that failed.
fn open(browser: &Path, folder: &Path, page: &Path) -> (String, String) {
    let run = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"])
        .args(["--enable-logging=stderr", "--v=0", "--window-size=1280,900", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser can be started");
    let said = String::from_utf8_lossy(&run.stderr);
    let bad = |line: &&str| line.contains("CONSOLE") || line.contains("ERR_");
    let said: Vec<&str> = said.lines().filter(bad).collect();
    (String::from_utf8_lossy(&run.stdout).into_owned(), said.join("\n"))
}

/// A sweep with jobs, series, long names and names that are markup.
fn bench() -> Bench {
    let bench = Bench::new();
    let name =
        "name = \"<script>alert(1)</script> a policy with a very long name that no legend has room for\"";
    let scenario = SCENARIO.replacen("[[policy]]\n", &format!("[[policy]]\n{name}\n"), 1).replace(
        "seeds = 2",
        "seeds = 2\naxes = { \"workload.load\" = [0.6, 0.8], \"workload.jobs\" = [60, 200] }",
    );
    bench.write("small.toml", scenario);
    bench.run_small("out", &["--jobs"]);
    bench
}

#[test]
fn a_report_is_a_page_with_its_pictures_and_the_same_each_time() {
    let bench = bench();
    let said = bench.good(&["report", "out"]);
    assert!(said.starts_with("16 runs, ") && said.trim_end().ends_with("out/report.html"), "{said}");
    let first = bench.files("out");
    for name in [
        "report.html",
        "plots/comparison.svg",
        "plots/axis-2.png",
        "plots/over-time.svg",
        "plots/nodes-1.png",
    ] {
        assert!(first.contains_key(name), "{name} in {:?}", first.keys());
    }
    let page = String::from_utf8(first["report.html"].clone()).unwrap();
    assert!(
        page.contains("<h1>Is this small scenario run as it should be?</h1>") && !page.contains("<script")
    );
    bench.good(&["report", "out"]);
    assert_eq!(first, bench.files("out"));
    bench.good(&["report", "out", "--out", "elsewhere.html", "--metric", "wait_mean"]);
    let elsewhere = String::from_utf8(bench.files("")["elsewhere.html"].clone()).unwrap();
    assert!(elsewhere.contains("wait_mean") && !elsewhere.contains("makespan"));
}

#[test]
fn what_is_no_results_folder_is_refused_and_left_alone() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    for (folder, rule) in
        [("empty", "holds no results"), ("nowhere", "does not exist"), ("small.toml", "is not a folder")]
    {
        let done = bench.run(&["report", folder]);
        assert!(done.code == 2 && done.stdout.is_empty() && done.stderr.contains(rule), "{folder}: {done:?}");
    }
    assert!(bench.files("empty").is_empty() && !bench.path("nowhere").exists());
    bench.run_small("out", &[]);
    let before = bench.files("out");
    let bad: [&[&str]; 3] = [
        &["report", "out", "--metric", "wait_meen"],
        &["report", "out", "--out", "no/such/page.html"],
        &["report", "out", "--out", "out"],
    ];
    for (arguments, rule) in bad.into_iter().zip(["wait_mean", "does not exist", "is a folder"]) {
        let done = bench.run(arguments);
        assert!(done.code == 2 && done.stderr.contains(rule), "{arguments:?}: {done:?}");
    }
    assert_eq!(before, bench.files("out"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_page_goes_through_links_and_to_devices() {
    let bench = Bench::new();
    bench.run_small("out", &["--set", "workload.jobs=30"]);
    std::fs::create_dir(bench.path("kept")).unwrap();
    std::os::unix::fs::symlink("kept/page.html", bench.path("page.html")).unwrap();
    for _ in 0..2 {
        bench.good(&["report", "out", "--out", "page.html"]);
        assert!(bench.path("page.html").is_symlink());
        assert_eq!(bench.files("kept").keys().collect::<Vec<_>>(), ["page.html"]);
    }
    let page = bench.good(&["report", "out", "--out", "/dev/stdout"]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("4 runs, "), "{}", &page[..200]);
    let full = bench.run(&["report", "out", "--out", "/dev/full"]);
    assert!(full.code == 2 && full.stderr.contains("/dev/full: No space left"), "{full:?}");
}

#[test]
fn a_browser_shows_the_report_without_complaint_and_no_text_lies_on_another() {
    let Some(browser) = chromium() else {
        println!("skipped: no Chromium found");
        return;
    };
    let bench = bench();
    bench.good(&["report", "out"]);
    let page = String::from_utf8(bench.files("out")["report.html"].clone()).unwrap();
    let pictures = page.matches("<svg").count();
    let (dom, said) = open(&browser, &bench.path("."), &bench.path("out/report.html"));
    assert_eq!(said, "", "the browser complains");
    assert!(dom.contains("How to reproduce"), "{} bytes", dom.len());
    bench.write("looked.html", page.replace("<head>", &format!("<head>{LOOK}")));
    let (dom, said) = open(&browser, &bench.path("."), &bench.path("looked.html"));
    assert_eq!(said, "");
    let title =
        dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    assert_eq!(title, format!("LOOKED pictures={pictures} found=[]"));
}

#[test]
fn the_look_sees_texts_that_collide_and_files_that_are_missing() {
    let Some(browser) = chromium() else {
        println!("skipped: no Chromium found");
        return;
    };
    let bench = Bench::new();
    let text = |x| format!("<text x=\"{x}\" y=\"20\" font-size=\"20\">long enough</text>");
    let svg =
        format!("<svg width=\"300\" height=\"80\" viewBox=\"0 0 300 80\">{}{}</svg>", text(5), text(30));
    let loud = "<script>console.error('loud')</script>";
    bench.write(
        "bad.html",
        format!("<html><head>{LOOK}</head><body>{svg}<img src=\"none.png\">{loud}</body></html>"),
    );
    let (dom, said) = open(&browser, &bench.path("."), &bench.path("bad.html"));
    assert!(dom.contains("long enough lies on long enough in picture 0"), "{dom}");
    assert!(dom.contains("none.png failed"), "{dom}");
    assert!(said.contains("loud"), "{said}");
}
