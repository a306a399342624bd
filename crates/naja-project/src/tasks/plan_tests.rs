use std::path::PathBuf;

use proptest::prelude::*;

use super::super::read::TaskTable;
use super::super::task::TaskPlatform;
use super::*;

fn book(text: &str) -> TaskBook {
    let text = format!("[tasks]\n{text}");
    let table = TaskTable::of_config(&text, TaskPlatform::Linux)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut book = TaskBook::default();
    book.add(PathBuf::from("/castle/naja.toml"), table);
    book
}

fn planned(text: &str, words: &[&str]) -> Result<Plan, PlanError> {
    let arguments: Vec<String> = words[1..].iter().map(|&word| word.to_owned()).collect();
    let request = PlanRequest {
        name: words[0],
        arguments: &arguments,
        parallel: false,
        hooks: true,
    };
    plan(&book(text), &request)
}

/// The commands in order, each with what it waits for.
fn shown(plan: &Plan) -> Vec<String> {
    let units = plan.units.iter().map(|unit| {
        let Work::Command(line) = &unit.work else {
            return "other".to_owned();
        };
        let mut text = line.text().to_owned();
        if unit.appends && !unit.rest.is_empty() {
            text.push_str(&format!(" +{}", unit.rest.join("+")));
        }
        if !unit.after.is_empty() {
            text.push_str(&format!(" after {:?}", unit.after));
        }
        if !unit.behind.is_empty() {
            text.push_str(&format!(" behind {:?}", unit.behind));
        }
        text
    });
    units.collect()
}

#[test]
fn order() {
    let text = r#"
        lint = "ruff check"
        types = "mypy ."
        test = { cmd = "pytest", depends = ["lint"] }
        all = { depends = ["lint", "types", "test -q"] }
        fast = { depends = ["types", "lint"], cmd = "echo", parallel = true }
        steps = ["lint", "steps it", { cmd = "true", depends = ["types"] }]
        keep = { steps = ["lint", "types"], continue-on-error = true }
        after = { depends = ["keep"], cmd = "done" }
        both = { steps = ["a", "b"], parallel = true }
        pre-hooked = "first"
        hooked = "second"
        post-hooked = ["third"]
    "#;
    for (words, expected) in [
        (&["lint", "-x"][..], &["ruff check +-x"][..]),
        (
            &["test", "a", "b"],
            &["ruff check", "pytest +a+b after [0]"],
        ),
        (
            &["all"],
            &["ruff check", "mypy . after [0]", "pytest +-q after [0, 1]"],
        ),
        (&["fast"], &["mypy .", "ruff check", "echo after [0, 1]"]),
        (
            &["steps", "z"],
            &[
                "ruff check",
                "steps it after [0]",
                "mypy . after [1]",
                "true +z after [1, 2]",
            ],
        ),
        (&["keep"], &["ruff check", "mypy . behind [0]"]),
        (
            &["after"],
            &["ruff check", "mypy . behind [0]", "done after [0, 1]"],
        ),
        (&["both", "x"], &["a", "b +x"]),
        (
            &["hooked", "x"],
            &["first", "second +x after [0]", "third after [1]"],
        ),
    ] {
        assert_eq!(shown(&planned(text, words).unwrap()), expected, "{words:?}");
    }
    let plan = planned(text, &["fast"]).unwrap();
    let alone: Vec<bool> = (0..3).map(|at| plan.is_alone(at)).collect();
    assert_eq!(alone, [false, false, true]);
}

#[test]
fn arguments_and_variables() {
    let text = r#"
        greet = { cmd = "echo $name {args}", args = ["name", { name = "loud", flag = "--loud" }] }
        plain = { cmd = "echo", args = false }
        parts = ["echo {args}", "echo end"]
        outer = { steps = [{ cmd = "echo $who" }], args = [{ name = "who", default = "owl" }] }
        group = { depends = ["plain"] }
    "#;
    let unit = |words: &[&str]| planned(text, words).unwrap().units.remove(0);
    let greet = unit(&["greet", "harry", "--loud", "more"]);
    let vars: Vec<&str> = greet.vars.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(
        (vars, greet.rest),
        (vec!["harry", "true"], vec!["more".to_owned()])
    );
    let parts = planned(text, &["parts", "x"]).unwrap().units;
    assert_eq!((parts[0].appends, parts[1].appends), (false, false));
    assert_eq!(
        unit(&["outer"]).vars,
        [("who".to_owned(), "owl".to_owned())]
    );
    for (words, part) in [
        (&["greet"][..], "`NAME` is missing"),
        (&["plain", "x"], "it takes no argument `x`"),
        (&["group", "x"], "it takes no argument `x`"),
        (&["nothing"], "there is no task `nothing`"),
    ] {
        let error = planned(text, words).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn tasks_that_cannot_be_run() {
    let text = r#"
        a = { depends = ["b"] }
        b = ["echo", "c"]
        c = { steps = [{ cmd = "x", depends = ["a"] }] }
        gone = { depends = ["nowhere"] }
        win = { cmd = { windows = "dir" } }
        own = ["own", "own --x"]
    "#;
    let error = |name: &str| planned(text, &[name]).unwrap_err().to_string();
    assert_eq!(error("a"), "tasks need each other: a -> b -> c -> a");
    assert_eq!(
        error("gone"),
        "there is no task `nowhere`, which `gone` needs"
    );
    assert_eq!(error("win"), "the task `win` is only for windows");
    // A task's own name among its steps is the program.
    assert_eq!(
        shown(&planned(text, &["own"]).unwrap()),
        ["own", "own --x after [0]"]
    );
    let mut many = String::from("a0 = [\"x\", \"x\"]\n");
    for at in 1..40 {
        let inner = format!("a{}", at - 1);
        many.push_str(&format!("a{at} = [\"{inner}\", \"{inner}\"]\n"));
    }
    assert_eq!(planned(&many, &["a39"]).unwrap_err(), PlanError::TooMuch);
}

#[test]
fn mistakes_name_their_line() {
    for (text, line, part) in [
        (
            "a = 1",
            2,
            "expected a command, a list of steps, or a table, found integer",
        ),
        ("a = \"x | y\"", 2, "`|` needs a shell"),
        ("a = {}", 2, "expected one of `cmd`"),
        (
            "\na = { cmd = \"x\", dependz = [] }",
            3,
            "the task `a` has no `dependz`; did you mean `depends`?",
        ),
        (
            "a = { cmd = \"x\", script = \"m:f\" }",
            2,
            "either `cmd` or `script`",
        ),
        ("a = { script = \"m.f\" }", 2, "expected `module:function`"),
        ("a = { shell = true }", 2, "`shell` goes with `cmd`"),
        (
            "a = { cmd = \"x\", shell = \"tcl\" }",
            2,
            "no shell is `tcl`",
        ),
        ("a = []", 2, "has no step"),
        ("\"a b\" = \"x\"", 2, "cannot be the name of a task"),
        (
            "a = { cmd = \"x\", outputs = [\"y\"] }",
            2,
            "`outputs` need `inputs`",
        ),
        (
            "a = { cmd = \"x\", env = { A = [] } }",
            2,
            "expected a text",
        ),
        (
            "a = { cmd = \"x\", args = [\"1x\"] }",
            2,
            "name of an argument",
        ),
        (
            "a = { cmd = \"x\", args = [\"x\", \"x\"] }",
            2,
            "two arguments",
        ),
        (
            "a = { cmd = \"x\", windows = { cmd = \"x >y\" } }",
            2,
            "`>` needs a shell",
        ),
        (
            "a = { cmd = \"x\", depends = [\"$x\"] }",
            2,
            "the name of a task and plain arguments",
        ),
    ] {
        let text = format!("[tasks]\n{text}");
        let error = TaskTable::of_config(&text, TaskPlatform::Linux).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn platforms() {
    let text = r#"
        [tasks.open]
        cmd = { windows = "start", macos = "open", default = "xdg-open" }
        [tasks.clean]
        cmd = "rm"
        env = { A = "1", B = "2" }
        unix = { env = { B = "unix" }, cwd = "u" }
        linux = { cwd = "l" }
        windows = { cmd = "del" }
    "#;
    let on = |platform: TaskPlatform| {
        let table = TaskTable::of_config(text, platform).unwrap();
        let (open, clean) = (table.task("open").unwrap(), table.task("clean").unwrap());
        let env = clean.env.iter().map(|entry| format!("{:?}", entry.value));
        (
            open.action.text(),
            clean.action.text(),
            clean.cwd.clone().unwrap_or_default(),
            env.collect::<Vec<_>>().join(" "),
        )
    };
    let shown = |a: &str, b: &str, c: &str, d: &str| {
        (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
    };
    let unix = "Set(\"1\") Set(\"unix\")";
    assert_eq!(on(TaskPlatform::Linux), shown("xdg-open", "rm", "l", unix));
    assert_eq!(on(TaskPlatform::Macos), shown("open", "rm", "u", unix));
    let windows = shown("start", "del", "", "Set(\"1\") Set(\"2\")");
    assert_eq!(on(TaskPlatform::Windows), windows);
}

proptest! {
    /// Whatever tasks need each other: a plan is in order, or says why there is none.
    #[test]
    fn plans_are_in_order(edges in prop::collection::vec((0_usize..8, 0_usize..8, any::<bool>()), 0..20)) {
        let mut text = String::new();
        for at in 0..8 {
            let of = |steps: bool| {
                let named = edges.iter().filter(|(from, _, is_step)| *from == at && *is_step == steps);
                named.map(|(_, to, _)| format!("\"t{to}\"")).collect::<Vec<_>>().join(", ")
            };
            let steps = of(true);
            let comma = if steps.is_empty() { "" } else { ", " };
            text.push_str(&format!(
                "t{at} = {{ depends = [{}], steps = [\"x\"{comma}{steps}], parallel = {} }}\n",
                of(false),
                at % 2 == 0
            ));
        }
        match planned(&text, &["t0"]) {
            Ok(plan) => for (at, unit) in plan.units.iter().enumerate() {
                prop_assert!(unit.waits().all(|earlier| earlier < at));
                prop_assert!(unit.within.contains(&unit.run));
            },
            Err(PlanError::Cycle(names)) => {
                prop_assert!(names.len() >= 2 && names.first() == names.last());
            }
            Err(error) => prop_assert!(error == PlanError::TooMuch, "{error}"),
        }
    }
}
