//! Tables: what is installed and wanted, and the plan.

use std::path::Path;

use naja_env::{
    EnvState, Extraneous, Health, InstalledDist, PlanRules, Reinstall, Verdict, Why, plan,
    satisfies,
};
use naja_lock::{DistSource, Pin, Selection};
use naja_spec::{Digest, DirectUrl, DirectUrlKind, GitUrl, HashAlgorithm, SafeUrl};

use crate::support::{dist, name, pin};

fn shown(installed: Vec<InstalledDist>, wanted: Vec<Pin>, rules: &PlanRules) -> String {
    let state = EnvState::from_dists(installed);
    let plan = plan(&state, &Selection::new(wanted), rules);
    let mut out = Vec::new();
    for planned in &plan.install {
        out.push(format!(
            "+{}=={} {:?}",
            planned.pin.name, planned.pin.version, planned.why
        ));
    }
    for replacement in &plan.replace {
        let old: Vec<_> = replacement
            .old
            .iter()
            .map(|d| d.version().to_string())
            .collect();
        let new = &replacement.new;
        out.push(format!(
            "~{} {}->{} {:?}",
            new.pin.name,
            old.join("+"),
            new.pin.version,
            new.why
        ));
    }
    out.extend(plan.remove.iter().map(|dist| format!("-{}", dist.name())));
    out.extend(plan.keep.iter().map(|dist| format!("={}", dist.name())));
    assert_eq!(
        plan.is_empty(),
        plan.install.is_empty() && plan.replace.is_empty() && plan.remove.is_empty()
    );
    out.join(", ")
}

fn rules(extraneous: Extraneous, reinstall: Reinstall) -> PlanRules {
    PlanRules {
        extraneous,
        reinstall,
    }
}

#[test]
fn plans() {
    let keep = PlanRules::default();
    let sync = rules(Extraneous::Remove, Reinstall::None);
    assert_eq!(shown(vec![], vec![pin("a", "1")], &keep), "+a==1 Missing");
    assert_eq!(
        shown(vec![dist("a", "1")], vec![pin("a", "1.0")], &keep),
        "=a"
    );
    assert_eq!(
        shown(
            vec![dist("a", "1"), dist("b", "1")],
            vec![pin("a", "2")],
            &keep
        ),
        "~a 1->2 OtherVersion"
    );
    assert_eq!(
        shown(
            vec![dist("a", "1"), dist("b", "1")],
            vec![pin("a", "1")],
            &sync
        ),
        "-b, =a"
    );
    assert_eq!(
        shown(
            vec![dist("pip", "1"), dist("b", "1")],
            vec![],
            &rules(Extraneous::RemoveButSeeds, Reinstall::None)
        ),
        "-b"
    );
    assert_eq!(shown(vec![dist("pip", "1")], vec![], &sync), "-pip");
}

#[test]
fn reinstalling() {
    let all = rules(Extraneous::Keep, Reinstall::All);
    let one = rules(Extraneous::Keep, Reinstall::Packages([name("a")].into()));
    let installed = || vec![dist("a", "1"), dist("b", "1")];
    let wanted = || vec![pin("a", "1"), pin("b", "1")];
    assert_eq!(
        shown(installed(), wanted(), &all),
        "~a 1->1 Reinstall, ~b 1->1 Reinstall"
    );
    assert_eq!(shown(installed(), wanted(), &one), "~a 1->1 Reinstall, =b");
    let stays = Pin {
        source: DistSource::Installed,
        ..pin("a", "1")
    };
    assert_eq!(shown(vec![dist("a", "1")], vec![stays], &all), "=a");
}

#[test]
fn what_is_broken_or_there_twice_is_replaced() {
    let rules = PlanRules::default();
    let broken = dist("a", "1").with_facts(Health::NoRecord, None);
    assert_eq!(
        shown(vec![broken], vec![pin("a", "1")], &rules),
        "~a 1->1 Broken"
    );
    assert_eq!(
        shown(
            vec![dist("a", "1"), dist("a", "2")],
            vec![pin("a", "1")],
            &rules
        ),
        "~a 1+2->1 Duplicate"
    );
}

#[test]
fn the_base_satisfies_and_is_never_removed() {
    let rules = rules(Extraneous::Remove, Reinstall::None);
    let base = |project: &str, number: &str| {
        let site = std::sync::Arc::from(Path::new("/base"));
        let entry = format!("{project}-{number}.dist-info");
        let kind = naja_env::DistKind::DistInfo;
        let parsed = crate::support::version(number);
        InstalledDist::new(name(project), parsed, kind, (site, &entry), false)
            .with_facts(Health::Whole, None)
    };
    assert_eq!(
        shown(
            vec![base("a", "1"), base("b", "1")],
            vec![pin("a", "1")],
            &rules
        ),
        "=a"
    );
    assert_eq!(
        shown(vec![base("a", "1")], vec![pin("a", "2")], &rules),
        "+a==2 OtherVersion"
    );
    assert_eq!(
        shown(
            vec![base("a", "2"), dist("a", "1")],
            vec![pin("a", "2")],
            &rules
        ),
        "~a 1->2 OtherVersion"
    );
}

fn from(url: &str, kind: DirectUrlKind, subdirectory: Option<&str>) -> InstalledDist {
    let url = url.to_owned();
    let subdirectory = subdirectory.map(str::to_owned);
    dist("a", "1").with_facts(
        Health::Whole,
        Some(DirectUrl {
            url,
            kind,
            subdirectory,
        }),
    )
}

fn wanted(source: DistSource) -> Pin {
    Pin {
        source,
        ..pin("a", "1")
    }
}

#[test]
fn sources_are_compared() {
    let url = |text: &str| SafeUrl::parse(text).unwrap();
    let digest = |hex: &str| Digest::from_hex(HashAlgorithm::Sha256, &hex.repeat(64)).unwrap();
    let archive = |hex: &str| DirectUrlKind::Archive {
        hashes: [("sha256".to_owned(), hex.repeat(64))].into(),
    };
    let wheel = |text: &str, digests: Vec<Digest>| {
        wanted(DistSource::UrlWheel {
            url: url(text),
            digests,
        })
    };
    let address = "https://files.example/a-1-py3-none-any.whl";
    let installed = from(address, archive("a"), None);
    let verdict = |pin: &Pin| satisfies(&installed, pin);
    assert_eq!(verdict(&pin("a", "1")), Verdict::OtherSource);
    assert_eq!(verdict(&wheel(address, vec![])), Verdict::Satisfied);
    assert_eq!(
        verdict(&wheel(address, vec![digest("a")])),
        Verdict::Satisfied
    );
    assert_eq!(
        verdict(&wheel(address, vec![digest("b")])),
        Verdict::OtherContents
    );
    assert_eq!(
        verdict(&wheel(
            "https://me:secret@files.example/a-1-py3-none-any.whl#x=1",
            vec![]
        )),
        Verdict::Satisfied
    );
    assert_eq!(
        verdict(&wheel("https://other.example/a-1-py3-none-any.whl", vec![])),
        Verdict::OtherSource
    );
    assert_eq!(
        satisfies(&dist("a", "1"), &wheel(address, vec![])),
        Verdict::OtherSource
    );
    assert_eq!(
        satisfies(&dist("a", "2"), &wheel(address, vec![])),
        Verdict::OtherVersion
    );
}

#[test]
#[cfg_attr(windows, ignore = "the environment of these tests is one of Unix")]
fn trees_and_repositories_are_compared() {
    let source = |text: &str, editable: bool| {
        let url = SafeUrl::parse(text).unwrap();
        wanted(DistSource::Directory {
            path: url.to_file_path().unwrap(),
            url,
            given: None,
            editable,
            fingerprint: None,
        })
    };
    let commit = |text: &str, commit: &str| {
        let url = SafeUrl::parse(text).unwrap();
        wanted(DistSource::Git {
            git: GitUrl::parse(&url).unwrap(),
            url,
            commit: commit.repeat(40),
            editable: false,
        })
    };
    let tree = |editable| from("file:///src/a", DirectUrlKind::Dir { editable }, None);
    assert!(satisfies(&tree(true), &source("file:///src/a/", true)).is_satisfied());
    assert_eq!(
        satisfies(&tree(true), &source("file:///src/a", false)),
        Verdict::OtherSource
    );
    assert_eq!(
        satisfies(&tree(false), &source("file:///src/b", false)),
        Verdict::OtherSource
    );
    let git = |revision: Option<&str>| DirectUrlKind::Vcs {
        vcs: "git".to_owned(),
        requested_revision: revision.map(str::to_owned),
        commit_id: "c".repeat(40),
    };
    let installed = from("https://git.example/a.git", git(Some("main")), Some("sub"));
    let verdict = |text: &str, id: &str| satisfies(&installed, &commit(text, id));
    let same = |text: &str| verdict(text, "c").is_satisfied();
    assert!(same("git+https://git.example/a.git@main#subdirectory=sub"));
    assert!(same(&format!(
        "git+https://me@git.example/a.git@{}#subdirectory=sub",
        "c".repeat(40)
    )));
    // Another name for the commit that is there already.
    assert!(same("git+https://git.example/a.git@other#subdirectory=sub"));
    assert!(same("git+https://git.example/a.git#subdirectory=sub"));
    assert!(!same("git+https://git.example/a.git@main"));
    assert!(!same("git+https://git.example/b.git@main#subdirectory=sub"));
    assert_eq!(
        verdict("git+https://git.example/a.git@main#subdirectory=sub", "d"),
        Verdict::OtherContents
    );
}

#[test]
fn a_plan_is_data() {
    let state = EnvState::from_dists(vec![dist("a", "1")]);
    let plan = plan(
        &state,
        &Selection::new(vec![pin("a", "2"), pin("b", "1")]),
        &PlanRules::default(),
    );
    assert_eq!(plan.install[0].why, Why::Missing);
    let names: Vec<_> = plan
        .incoming()
        .iter()
        .map(|planned| planned.pin.name.to_string())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(plan.outgoing().count(), 1);
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(json["install"][0]["name"], "b");
    assert_eq!(json["replace"][0]["old"][0]["version"], "1");
}
