//! `naja tree`, `why`, `graph`, `size`: what needs what.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};
use serde_json::Value;

use crate::{sandbox, with_index, with_venv};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A small world with extras, a circle, and something hostile.
fn hogwarts() -> (Sandbox, Index) {
    let index = IndexBuilder::default()
        .wheel(
            &Wheel::new("castle", "2.0")
                .requires("tower>=1,<3")
                .requires("moat ; sys_platform == 'nowhere'")
                .extra("feast", "kitchen[elves]>=1"),
        )
        .wheel(&Wheel::new("tower", "1.5").requires("stairs<2"))
        .wheel(&Wheel::new("tower", "4.0"))
        .wheel(&Wheel::new("stairs", "1.0").requires("tower"))
        .wheel(&Wheel::new("kitchen", "1.0").extra("elves", "dobby"))
        .wheel(&Wheel::new("dobby", "1.0"))
        .wheel(&Wheel::new("owl", "1.0").requires("stairs>=1"));
    let (sandbox, index) = with_index(index);
    let _made = sandbox.run(["venv", "-q"]).success();
    let _installed = sandbox
        .run(["pip", "install", "castle[feast]", "owl"])
        .success();
    (sandbox, index)
}

#[test]
fn trees_know_extras_that_nobody_wrote_down() {
    let (sandbox, _index) = hogwarts();
    let tree = |flags: &[&str]| {
        let words = ["tree"].iter().chain(flags);
        sandbox.run(words).success().stdout
    };
    assert_eq!(
        tree(&[]),
        "castle[feast] v2.0\n\
         ├── kitchen[elves] v1.0 (extra: feast)\n\
         │   └── dobby v1.0 (extra: elves)\n\
         └── tower v1.5\n    \
             └── stairs v1.0\n        \
                 └── tower v1.5 (circle)\n\
         owl v1.0\n\
         └── stairs v1.0 (*)\n\
         (*) Package tree already displayed\n\
         (circle) Needs what needs it\n"
    );
    assert_eq!(
        tree(&[
            "--invert",
            "--package",
            "stairs",
            "--show-version-specifiers"
        ]),
        "stairs v1.0\n\
         ├── owl v1.0 [required: >=1]\n\
         └── tower v1.5 [required: <2]\n    \
             ├── castle[feast] v2.0 [required: >=1,<3]\n    \
             └── stairs v1.0 [required: *] (circle)\n\
         (circle) Needs what needs it\n"
    );
    assert_eq!(
        tree(&["--depth", "1", "--prune", "kitchen"]),
        "castle[feast] v2.0\n└── tower v1.5\nowl v1.0\n└── stairs v1.0\n"
    );
    let outdated = tree(&["--outdated", "--package", "owl", "--no-dedupe"]);
    assert!(outdated.contains("tower v1.5 (latest: v4.0)"), "{outdated}");
    let sizes = tree(&["--show-sizes", "--package", "dobby"]);
    assert!(
        sizes.starts_with("dobby v1.0 (") && sizes.contains("B)"),
        "{sizes}"
    );
    let shown = json(&tree(&["--format", "json"]));
    assert_eq!(shown[0]["extras"], serde_json::json!(["feast"]));
    assert_eq!(shown[0]["children"][0]["extra"], "feast");
    // What an environment does not say, `pip tree` does not show.
    let pip = sandbox.run(["pip", "tree"]).success().stdout;
    assert!(pip.starts_with("castle v2.0\n└── tower v1.5\n"), "{pip}");
    assert!(
        !pip.contains("\nkitchen[") && pip.contains("\nkitchen v1.0\n"),
        "{pip}"
    );
}

#[test]
fn every_way_with_what_each_requirement_says() {
    let (sandbox, _index) = hogwarts();
    let why = |words: &[&str]| {
        let words = ["why"].iter().chain(words);
        sandbox.run(words).success().stdout
    };
    assert_eq!(
        why(&["stairs"]),
        "stairs 1.0 is needed in 2 ways:\n\n\
         owl 1.0  asked for\n\
         └── stairs 1.0  >=1\n\
         castle 2.0  asked for\n\
         └── tower 1.5  >=1,<3\n    \
             └── stairs 1.0  <2\n\n\
         Its version:\n  \
         <2           tower\n  \
         >=1          owl\n"
    );
    assert_eq!(
        why(&["dobby"]),
        "dobby 1.0 is needed in 1 way:\n\n\
         castle[feast] 2.0  asked for\n\
         └── kitchen[elves] 1.0  >=1 for [feast]\n    \
             └── dobby 1.0  any version for [elves]\n"
    );
    assert_eq!(
        why(&["owl"]),
        "owl 1.0 was asked for by name; nothing else needs it\n"
    );
    // Of a package only the ways that ask for an extra.
    assert!(why(&["kitchen[elves]"]).contains("kitchen[elves] 1.0  >=1 for [feast]"));
    let found = json(&why(&["tower", "dobby", "--json"]));
    assert_eq!(found[0]["paths"][0]["steps"][0]["name"], "castle");
    assert_eq!(
        found[0]["paths"][0]["steps"][1]["asked"]["specifier"],
        ">=1,<3"
    );
    assert_eq!(found[0]["upper"]["limit"], "<3");
    assert_eq!(found[1]["paths"][0]["steps"][1]["asked"]["extra"], "feast");
}

#[test]
fn what_is_not_installed_has_reasons_and_near_names() {
    let (sandbox, _index) = hogwarts();
    let moat = sandbox.run(["why", "moat"]).code(1).stdout;
    assert_eq!(
        moat,
        "moat is not installed\n\nThese would bring it:\n  \
         castle 2.0  any version only where sys_platform == 'nowhere'\n"
    );
    let slip = sandbox.run(["why", "dobyb"]).code(1).stdout;
    assert!(slip.contains("hint: is `dobby`"), "{slip}");
    let _gone = sandbox.run(["pip", "uninstall", "dobby"]).success();
    let missing = sandbox.run(["why", "dobby"]).code(1).stdout;
    assert!(missing.contains("kitchen"), "{missing}");
    let _no_name = sandbox.run(["why", "no name!"]).code(2);
    let bare = sandbox.run(["why", "kitchen", "--all"]).success().stdout;
    assert!(bare.contains("kitchen"), "{bare}");
}

#[test]
fn pictures_in_every_form() {
    let (sandbox, _index) = hogwarts();
    let graph = |words: &[&str]| {
        let words = ["graph"].iter().chain(words);
        sandbox.run(words).success()
    };
    let tree = graph(&[]).stdout;
    assert!(tree.starts_with("castle[feast] v2.0\n"), "{tree}");
    assert!(tree.contains("tower v1.5 [required: >=1,<3]"), "{tree}");
    let mermaid = graph(&["--format", "mermaid"]).stdout;
    assert!(
        mermaid.starts_with("flowchart LR\n    n0[\"castle[feast] 2.0\"]:::asked\n"),
        "{mermaid}"
    );
    let dot = graph(&["--format", "dot", "owl"]).stdout;
    assert!(
        dot.contains("\"owl\" -> \"stairs\" [label=\">=1\"];"),
        "{dot}"
    );
    assert!(!dot.contains("castle"), "{dot}");
    let _written = graph(&["-o", "g.svg"]);
    let svg = sandbox.read("g.svg");
    assert!(
        svg.starts_with("<svg ") && svg.contains("castle[feast]"),
        "{svg}"
    );
    let data = json(&graph(&["--format", "json"]).stdout);
    assert_eq!(data["nodes"][0]["name"], "castle");
    assert_eq!(data["nodes"][0]["guessed"], serde_json::json!(["feast"]));
    let told = graph(&["-o", "g.html"]).stderr;
    assert_eq!(told, "Wrote g.html\n");
    let page = sandbox.read("g.html");
    assert!(page.contains("default-src 'none'"), "{page}");
    assert!(
        !page.contains("http://") || page.matches("http://").count() == 1,
        "the name space of SVG only"
    );
    assert!(!page.contains("https://"));
    let compared = graph(&["--outdated", "-o", "g.html"]);
    drop(compared);
    assert!(sandbox.read("g.html").contains("\"latest\":\"4.0\""));
    let _absent = sandbox.run(["graph", "dragon"]).success();
    let absent = sandbox.run(["graph", "--format", "svg", "drago"]).code(1);
    assert!(
        absent.stderr.contains("drago is not installed"),
        "{}",
        absent.stderr
    );
    let _no_place = sandbox.run(["graph", "-o", "no/such/g.svg"]).code(2);
}

#[test]
fn hostile_packages_stay_text() {
    let python = ">=3.8\nLicense: </script><img src=x onerror=alert(1)>\u{1b}[31m";
    let marker = "harry ; platform_release != '</script><script>alert(2)</script>'";
    let draco = Wheel::new("draco", "1.0")
        .requires_python(python)
        .requires(marker);
    let index = IndexBuilder::default()
        .wheel(&draco)
        .wheel(&Wheel::new("harry", "1.0"));
    let (sandbox, _index) = with_index(index);
    let _made = sandbox.run(["venv", "-q"]).success();
    let wheel = sandbox.work().join("draco-1.0-py3-none-any.whl");
    std::fs::write(&wheel, draco.build()).unwrap();
    let _installed = sandbox
        .run(["pip", "install", "./draco-1.0-py3-none-any.whl"])
        .success();
    let page = sandbox.run(["graph", "--format", "html"]).success().stdout;
    assert!(!page.contains("<img") && !page.contains('\u{1b}'), "{page}");
    assert!(
        page.contains("\\u003cimg src=x"),
        "the licence is there, as text"
    );
    assert_eq!(page.matches("</script>").count(), 2);
    let svg = sandbox.run(["graph", "--format", "svg"]).success().stdout;
    assert!(!svg.contains("<img") && svg.contains("&lt;img"), "{svg}");
    for form in ["mermaid", "dot", "tree"] {
        let text = sandbox.run(["graph", "--format", form]).success().stdout;
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    let why = sandbox.run(["why", "harry"]).success().stdout;
    assert!(why.contains("draco 1.0  asked for"), "{why}");
}

#[test]
fn sizes_add_up_and_say_what_goes_with_what() {
    let (sandbox, _index) = hogwarts();
    let sizes = json(&sandbox.run(["size", "--json"]).success().stdout);
    let total = sizes["total_bytes"].as_u64().unwrap();
    let packages = sizes["packages"].as_array().unwrap();
    let sum: u64 = packages
        .iter()
        .map(|one| one["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(total, sum + sizes["other_bytes"].as_u64().unwrap());
    assert!(sizes["shared_bytes"].as_u64().unwrap() <= total);
    let castle = packages.iter().find(|one| one["name"] == "castle").unwrap();
    assert_eq!(
        castle["exclusive_with"],
        serde_json::json!(["dobby", "kitchen"])
    );
    assert!(castle["exclusive_bytes"].as_u64() > castle["bytes"].as_u64());
    let shown = sandbox.run(["size"]).success().stdout;
    assert!(shown.contains("With what only it needs"), "{shown}");
    let largest: Vec<u64> = packages
        .iter()
        .map(|one| one["bytes"].as_u64().unwrap())
        .collect();
    assert!(largest.windows(2).all(|pair| pair[0] >= pair[1]));
}

#[test]
fn nothing_to_show_without_an_environment() {
    let sandbox = sandbox();
    for verb in ["tree", "graph", "size"] {
        let told = sandbox.run([verb]).code(2);
        assert!(told.stderr.contains("naja venv"), "{}", told.stderr);
    }
    let (sandbox, _index) = with_venv();
    assert_eq!(sandbox.run(["tree"]).success().stdout, "");
    let page = sandbox.run(["graph", "--format", "html"]).success().stdout;
    assert!(page.contains("0 packages"), "{page}");
}
