//! The tasks that other tools know: to say that they are there.

use toml::Table;

/// A task in the table of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTask {
    /// The table: `tool.pdm.scripts`, `tool.poe.tasks`.
    pub table: &'static str,
    /// The name.
    pub name: String,
    /// What it does, if that is a command in a line.
    pub command: Option<String>,
}

/// Lists the tasks of pdm, Poe, Hatch's default environment, taskipy and Pixi in a manifest; a text that is no
/// TOML has none.
#[must_use]
pub fn foreign_tasks(text: &str) -> Vec<ForeignTask> {
    const PLACES: [(&str, &[&str]); 5] = [
        ("tool.pdm.scripts", &["pdm", "scripts"]),
        ("tool.poe.tasks", &["poe", "tasks"]),
        (
            "tool.hatch.envs.default.scripts",
            &["hatch", "envs", "default", "scripts"],
        ),
        ("tool.taskipy.tasks", &["taskipy", "tasks"]),
        ("tool.pixi.tasks", &["pixi", "tasks"]),
    ];
    if !text.contains("scripts") && !text.contains("tasks") {
        return Vec::new();
    }
    let Ok(manifest) = text.parse::<Table>() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (shown, keys) in PLACES {
        let mut table = manifest.get("tool").and_then(toml::Value::as_table);
        for key in keys {
            table = table.and_then(|table| table.get(*key)?.as_table());
        }
        for (name, value) in table.into_iter().flatten() {
            // pdm keeps what all scripts share under this name.
            if name == "_" {
                continue;
            }
            let cmd = value.get("cmd").or_else(|| value.get("shell"));
            let command = value.as_str().or_else(|| cmd?.as_str());
            found.push(ForeignTask {
                table: shown,
                name: name.clone(),
                command: command.map(str::to_owned),
            });
        }
    }
    found
}
