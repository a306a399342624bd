use crate::with_venv;

#[test]
fn the_cache_can_be_measured_and_cleaned() {
    let (sandbox, index) = with_venv();
    let dir = sandbox.run(["cache", "dir"]).success().stdout;
    assert_eq!(dir, "[DIR]/cache\n");
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let full: u64 = sandbox
        .run(["cache", "size"])
        .success()
        .stdout
        .trim()
        .parse()
        .unwrap();
    assert!(full > 1000, "{full}");
    let _pruned = sandbox.run(["cache", "prune"]).success();
    let _cleaned = sandbox.run(["cache", "clean", "harry"]).success();
    index.forget();
    let _made = sandbox.run(["venv", "-q", "other"]).success();
    let _installed = sandbox
        .run(["pip", "install", "-p", "other", "sirius"])
        .success();
    assert_eq!(index.count(".whl"), 2, "{:?}", index.requests());
    assert_eq!(index.count("/files/sirius"), 0, "{:?}", index.requests());
    let _cleaned = sandbox.run(["cache", "clean"]).success();
    let empty: u64 = sandbox
        .run(["cache", "size"])
        .success()
        .stdout
        .trim()
        .parse()
        .unwrap();
    assert!(empty < full, "{empty}");
}

#[test]
fn without_a_cache_nothing_is_kept() {
    let (sandbox, _index) = with_venv();
    let before = sandbox.run(["cache", "size"]).success().stdout;
    let _installed = sandbox
        .run(["pip", "install", "--no-cache", "harry"])
        .success();
    assert_eq!(sandbox.run(["cache", "size"]).success().stdout, before);
    assert_eq!(crate::frozen(&sandbox), "harry==3.0\n");
    let left = std::fs::read_dir(sandbox.work().parent().unwrap().join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn the_size_is_written_for_people_and_programs() {
    let (sandbox, _index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    let size = |flags: &[&str]| {
        let arguments = ["cache", "size"].iter().chain(flags);
        sandbox.run(arguments).success().stdout.trim().to_owned()
    };
    let bytes = size(&[]);
    assert_eq!(size(&["--output-format", "machine"]), bytes);
    assert_eq!(size(&["--output-format", "auto"]), bytes);
    assert_eq!(size(&["--json"]), format!("{{\"bytes\":{bytes}}}"));
    for flags in [&["--human"][..], &["-H"], &["--output-format", "human"]] {
        assert!(size(flags).ends_with("KiB"), "{}", size(flags));
    }
}

#[test]
fn build_services_keep_what_they_cannot_fetch() {
    let (sandbox, index) = with_venv();
    let _installed = sandbox.run(["pip", "install", "sirius"]).success();
    let _pruned = sandbox.run(["cache", "prune", "--ci"]).success();
    index.forget();
    let _again = sandbox
        .run(["pip", "install", "--reinstall", "sirius"])
        .success();
    assert_eq!(index.count(".whl"), 2, "{:?}", index.requests());
}
