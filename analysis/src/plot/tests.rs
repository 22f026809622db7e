//! Random plots of every kind, and the boxes of their texts.

use super::*;

use sim_core::Better;

/// A box of a text in an SVG, in its own units.
#[derive(Clone, Debug)]
struct Label {
    text: String,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// The boxes of all texts of an SVG by its own words: place, anchor, size and the bundled font.
fn labels(svg: &str) -> Vec<Label> {
    let attribute = |tag: &str, name: &str| {
        let from = tag.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name} in {tag}"));
        let value = &tag[from + name.len() + 3..];
        value[..value.find('"').unwrap()].to_owned()
    };
    let number = |tag: &str, name: &str| attribute(tag, name).parse::<f64>().unwrap();
    let label = |part: &str| {
        let (tag, rest) = part.split_once('>').unwrap();
        let text = rest.split("</text").next().unwrap().trim();
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        let text = text.replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&");
        let (x, y, size) = (number(tag, "x"), number(tag, "y"), number(tag, "font-size"));
        let dy: f64 = attribute(tag, "dy").trim_end_matches("em").parse().unwrap();
        let wide = font::width(&text, size);
        let left = match attribute(tag, "text-anchor").as_str() {
            "start" => x,
            "middle" => x - wide / 2.0,
            _ => x - wide,
        };
        // Capitals and figures stand 0.73 em above the line, tails 0.24 em below.
        let base = y + dy * size;
        Label { text, left, right: left + wide, top: base - 0.73 * size, bottom: base + 0.24 * size }
    };
    svg.split("<text").skip(1).map(label).collect()
}

/// What is wrong with the texts of a picture: every one must lie in it, and no two of them on each other.
fn faults(picture: &Picture) -> Vec<String> {
    let svg = picture.svg();
    let (wide, high) = (picture.ink.width * 4.0, picture.ink.height * 4.0);
    let labels = labels(&svg);
    let mut found = Vec::new();
    if labels.is_empty() {
        found.push("no text".to_owned());
    }
    for (n, a) in labels.iter().enumerate() {
        if !(a.left >= -1.0 && a.right <= wide + 1.0 && a.top >= -1.0 && a.bottom <= high + 1.0) {
            found.push(format!("{} leaves the picture", a.text));
        }
        for b in &labels[n + 1..] {
            let apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
            if !apart {
                found.push(format!("{} lies on {}", a.text, b.text));
            }
        }
    }
    found
}

/// Random numbers, for the drawing of cases alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        // xorshift64*; Vigna, ACM TOMS 42(4), 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }

    fn count(&mut self) -> usize {
        [1, 2, 3, 5, 8, 20][self.below(6) as usize]
    }

    fn unit(&mut self) -> f64 {
        self.below(1 << 20) as f64 / f64::from(1 << 20)
    }

    /// Numbers of one kind: all zero, equal, tiny, huge, negative, of many sizes, some missing.
    fn values(&mut self, n: usize) -> Vec<f64> {
        let kind = self.below(9);
        (0..n)
            .map(|_| match kind {
                0 => 0.0,
                1 => 7.0,
                2 => self.unit() * 1e-9,
                3 => self.unit() * 1e15,
                4 => -self.unit() * 500.0,
                5 => libm::pow(10.0, self.unit() * 8.0 - 3.0),
                6 if self.below(3) == 0 => f64::NAN,
                7 => 1e300 * (self.unit() - 0.5),
                _ => self.unit() * 100.0,
            })
            .collect()
    }

    fn name(&mut self, n: usize) -> String {
        let long = "priority/backfill-conservative/worst-fit-with-a-very-long-name-indeed";
        match self.below(5) {
            0 => format!("p{n}"),
            1 => format!("{long}-{n}"),
            2 => format!("<script>alert({n})</script> & \"more\""),
            3 => format!("политика-{n}-最適"),
            _ => format!("fcfs/best-fit/skip-{n}"),
        }
    }

    fn names(&mut self, n: usize) -> Vec<String> {
        (0..n).map(|n| self.name(n)).collect()
    }

    fn quantity(&mut self) -> Quantity {
        let all = [("wait_mean", "s"), ("utilization_gpu", "1"), ("cost", "currency"), ("jobs", "jobs")];
        let (name, unit) = all[self.below(4) as usize];
        match self.below(4) {
            0 => Quantity::new(&format!("{name}_of_a_tenant_with_quite_a_long_name_for_a_metric"), unit),
            _ => Quantity::new(name, unit),
        }
    }

    fn spread(&mut self, words: usize) -> Spread {
        match self.below(5) {
            0 => Spread::Linear,
            1 => Spread::FromZero,
            2 => Spread::Log,
            3 => Spread::Words(self.names(words)),
            _ => Spread::Auto,
        }
    }

    fn bars(&mut self, n: usize) -> Vec<Bar> {
        let (values, halves) = (self.values(n), self.values(n));
        let bar = |(value, half): (f64, f64)| {
            let interval = half.is_finite().then_some((value - half.abs(), value + half.abs()));
            Bar { value, interval }
        };
        values.into_iter().zip(halves).map(bar).collect()
    }

    fn lines(&mut self) -> LinePlot {
        let (series, panels, points) = (self.count(), self.count().min(5), self.count() * 3);
        let panel = |dice: &mut Self| LinePanel {
            heading: if dice.below(2) == 0 { String::new() } else { dice.name(0) },
            x: dice.quantity(),
            x_spread: dice.spread(points),
            y: dice.quantity(),
            y_spread: [Spread::Linear, Spread::FromZero, Spread::Auto][dice.below(3) as usize].clone(),
            lines: (0..series)
                .map(|series| {
                    let (y, half) = (dice.values(points), dice.unit());
                    let point = |(n, y): (usize, &f64)| [n as f64, *y, y - half, y + half];
                    Line { series, points: y.iter().enumerate().map(point).collect() }
                })
                .collect(),
        };
        LinePlot {
            title: self.name(1),
            names: self.names(series),
            join: [Join::Straight, Join::Marked, Join::Steps][self.below(3) as usize],
            panels: (0..panels).map(|_| panel(self)).collect(),
            note: self.name(3),
        }
    }

    fn picture(&mut self, kind: u64) -> Picture {
        let n = self.count();
        let title = format!("{} against {} over all seeds", self.name(1), self.name(2));
        let note = self.name(3);
        match kind {
            0 => self.lines().draw(),
            1 => {
                let panel = |dice: &mut Self| BarPanel {
                    quantity: dice.quantity(),
                    bars: dice.bars(n).into_iter().map(|bar| (dice.below(8) > 0).then_some(bar)).collect(),
                };
                let panels = (0..self.count().min(8)).map(|_| panel(self)).collect();
                BarPlot { title, names: self.names(n), panels, note }.draw()
            }
            2 => {
                let (names, x, y) = (self.names(n), self.bars(n), self.bars(n));
                let spot = |((name, x), y)| Spot { name, x, y };
                let spots = names.into_iter().zip(x).zip(y).map(spot).collect();
                let axes = ((self.quantity(), Better::Lower), (self.quantity(), Better::Higher));
                FrontPlot { title, x: axes.0, y: axes.1, spots, note }.draw()
            }
            3 => {
                let (nodes, unit) =
                    (self.count(), [1, 1_000_000_000, 60_000_000_000][self.below(3) as usize]);
                let stay = |dice: &mut Self, job| {
                    let from_ns = dice.below(5000) * unit;
                    let to_ns = from_ns + dice.below(900) * unit;
                    Stay { node: dice.below(nodes as u64 + 1) as usize, from_ns, to_ns, job: job * 777 }
                };
                let stays = (0..self.below(90)).map(|job| stay(self, job)).collect();
                GanttPlot { title, nodes: self.names(nodes), stays, note }.draw()
            }
            _ => {
                let (rows, columns) = (self.count(), self.count() * 9);
                let cells = (0..rows).map(|_| self.values(columns)).collect();
                let to_s = libm::pow(10.0, self.unit() * 12.0 - 4.0);
                let nodes = libm::pow(10.0, self.unit() * 5.0);
                HeatPlot { title, to_s, nodes, quantity: self.quantity(), cells, note }.draw()
            }
        }
    }
}

#[test]
fn no_text_lies_on_another_or_leaves_any_picture() {
    let mut bad = Vec::new();
    for case in 0..600u64 {
        let kind = case % 5;
        let found = faults(&Dice(case + 1).picture(kind));
        bad.extend(found.into_iter().map(|fault| format!("case {case}, kind {kind}: {fault}")));
    }
    assert!(bad.is_empty(), "{} faults\n{}", bad.len(), bad[..bad.len().min(30)].join("\n"));
}

#[test]
fn equal_plots_are_equal_bytes_in_both_formats() {
    for kind in 0..5 {
        let draw = || Dice(77 + kind).picture(kind);
        assert_eq!(draw().svg(), draw().svg());
        let png = draw().png();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png == draw().png(), "kind {kind}");
    }
}

#[test]
fn a_picture_has_its_size_in_both_formats_and_shows_ink() {
    let bar = |value| Some(Bar { value, interval: Some((value - 1.0, value + 1.0)) });
    let panels = vec![BarPanel { quantity: Quantity::new("wait_mean", "s"), bars: vec![bar(3.0), bar(4.0)] }];
    let names = vec!["fcfs".to_owned(), "a & <b>".to_owned()];
    let picture = BarPlot { title: "waits".into(), names, panels, note: String::new() }.draw();
    let svg = picture.svg();
    for part in ["width=\"760\"", "<title>waits</title>", "wait_mean [s]", "a &amp; &lt;b&gt;", "</svg>"] {
        assert!(svg.contains(part), "{part} in {svg}");
    }
    let image = image::load_from_memory(&picture.png()).unwrap().to_rgb8();
    assert_eq!((image.width(), f64::from(image.height())), (1520, picture.ink.height * 2.0));
    let blue = image.pixels().filter(|p| p.0[2] > 150 && p.0[0] < 120).count();
    let dark = image.pixels().filter(|p| p.0.iter().all(|c| *c < 80)).count();
    assert!(blue > 2000 && dark > 500, "{blue} {dark}");
}

#[test]
fn bands_and_markers_of_a_learning_curve_follow_its_seeds() {
    let step = |n: u32| {
        let (x, y) = (f64::from(n) * 1e5, 1.0 - 1.0 / f64::from(n + 1));
        [x, y, y - 0.1, y + 0.1]
    };
    let plot = LinePlot {
        title: "return while learning".into(),
        names: vec!["agent".into()],
        join: Join::Straight,
        panels: vec![LinePanel {
            heading: String::new(),
            x: Quantity::new("steps", "steps"),
            x_spread: Spread::Linear,
            y: Quantity::new("return", ""),
            y_spread: Spread::Linear,
            lines: vec![Line { series: 0, points: (0..50).map(step).collect() }],
        }],
        note: "mean and 95 % interval over 5 seeds".into(),
    };
    let svg = plot.draw().svg();
    assert_eq!(svg.matches("<polygon").count(), 1, "one band");
    assert!(svg.contains("steps [million steps]"), "{svg}");
    assert!(faults(&plot.draw()).is_empty());
}
