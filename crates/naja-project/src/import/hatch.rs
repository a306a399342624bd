//! `[tool.hatch.envs]`: what Hatch installs and runs beside the project. The tables stay, because Hatch reads them.

use naja_spec::{GroupName, Requirement};
use toml_edit::TableLike;

use super::draft::{Draft, Item, group};
use super::poetry::Taken;
use super::sheet::{Sheet, texts};
use super::tasks::{TaskDialect, tasks};
use super::write::default_groups;

/// Whether there are environments of Hatch.
pub(super) fn is_there(sheet: &Sheet) -> bool {
    sheet.table(&["tool", "hatch", "envs"]).is_some()
}

/// Reads `[tool.hatch.envs]`: `default` becomes the group `dev`, each other environment a group of its name.
pub(super) fn read(sheet: &Sheet) -> Taken {
    let mut taken = Taken {
        draft: Draft::default(),
        gone: Vec::new(),
    };
    let envs = sheet.table(&["tool", "hatch", "envs"]);
    let mut all: Vec<(GroupName, bool)> = Vec::new();
    for (name, item) in envs.into_iter().flat_map(|envs| envs.iter()) {
        let Some(env) = item.as_table_like() else {
            continue;
        };
        let as_group = if name == "default" { "dev" } else { name };
        let Ok(parsed) = GroupName::parse(as_group) else {
            continue;
        };
        if environment(sheet, (name, env), (as_group, &mut taken.draft)) {
            all.push((parsed, name == "default"));
        }
        let path = ["tool", "hatch", "envs", name, "scripts"];
        tasks(&mut taken.draft, sheet, &path, TaskDialect::Hatch);
    }
    taken.draft.naja.extend(default_groups(&all));
    taken
}

/// The dependencies of an environment; says whether it has some.
fn environment(
    sheet: &Sheet,
    (name, env): (&str, &dyn TableLike),
    (as_group, draft): (&str, &mut Draft),
) -> bool {
    let path = |key| ["tool", "hatch", "envs", name, key];
    for (key, _) in env.iter() {
        let line = sheet.line(&path(key));
        match key {
            "dependencies" | "extra-dependencies" | "scripts" | "description" => {}
            "features" | "dependency-groups" => {
                let message = format!(
                    "the environment `{name}` has `{key}`: ask for them with `--extra` and `--group`"
                );
                draft.remark(&sheet.file, line, message);
            }
            other => {
                let message =
                    format!("`{other}` of Hatch's environment `{name}` has no counterpart");
                draft.remark(&sheet.file, line, message);
            }
        }
    }
    let Some(place) = group(as_group) else {
        return false;
    };
    let mut any = false;
    for key in ["dependencies", "extra-dependencies"] {
        for text in env.get(key).map(texts).unwrap_or_default() {
            match Requirement::parse(&text) {
                Ok(_) => {
                    draft.list(place.clone()).items.push(Item::new(text));
                    any = true;
                }
                Err(error) => {
                    let line = sheet.line(&path(key));
                    draft.remark(&sheet.file, line, format!("`{text}`: {error}"));
                }
            }
        }
    }
    any
}
