//! `[tool.poetry]`

use naja_spec::{GroupName, PackageName};
use toml_edit::{Array, Item as TomlItem, Value};

use super::constraint::bounds;
use super::dependency::{Dialect, Spot, Understood, package, understand};
use super::draft::{Draft, Field, Item, extra, group, inline, person};
use super::sheet::{Sheet, switch_of, text_of, texts};
use super::write::{broken, default_groups};
use crate::manifest::DependencyPlace;

/// What becomes of a table: the draft, and which places of the file it stands for.
pub(super) struct Taken {
    pub(super) draft: Draft,
    pub(super) gone: Vec<Vec<String>>,
}

/// Keys of `[tool.poetry]` that stay, because its builder reads them.
const OF_BUILDER: &[&str] = &["packages", "include", "exclude", "build", "exclude-newer"];

/// Whether Poetry manages a project.
pub(super) fn is_there(sheet: &Sheet) -> bool {
    sheet.table(&["tool", "poetry"]).is_some()
}

/// Reads `[tool.poetry]`.
pub(super) fn read(sheet: &Sheet) -> Taken {
    let mut reader = Reader {
        sheet,
        draft: Draft::default(),
        gone: Vec::new(),
        optional: Vec::new(),
        prereleases: Vec::new(),
        has_project: sheet.table(&["project"]).is_some(),
    };
    reader.draft.above = sheet.comments(&["tool", "poetry"]).0;
    reader.about();
    reader.main();
    reader.extras();
    reader.groups();
    reader.sources();
    reader.scripts();
    reader.build();
    reader.rest();
    let Reader { draft, gone, .. } = reader;
    Taken { draft, gone }
}

struct Reader<'a> {
    sheet: &'a Sheet,
    draft: Draft,
    gone: Vec<Vec<String>>,
    /// Optional dependencies, for extras to name.
    optional: Vec<(PackageName, Item)>,
    prereleases: Vec<PackageName>,
    has_project: bool,
}

impl Reader<'_> {
    fn goes(&mut self, path: &[&str]) {
        let whole = ["tool", "poetry"].iter().chain(path);
        self.gone
            .push(whole.map(|part| (*part).to_owned()).collect());
    }

    fn text(&self, key: &str) -> Option<String> {
        self.sheet.text(&["tool", "poetry", key]).map(str::to_owned)
    }

    /// A key of `[tool.poetry]` that becomes one of `[project]`.
    fn moves(&mut self, key: &str, to: &str, value: Value) {
        let (above, behind) = self.sheet.comments(&["tool", "poetry", key]);
        self.goes(&[key]);
        if !self.has_project {
            self.draft.project.push(Field {
                key: to.to_owned(),
                value,
                above,
                behind,
            });
        }
    }

    fn remark(&mut self, path: &[&str], message: impl Into<String>) {
        let whole: Vec<&str> = ["tool", "poetry"].iter().chain(path).copied().collect();
        let line = self.sheet.line(&whole);
        let file = self.sheet.file.clone();
        self.draft.remark(&file, line, message);
    }

    fn about(&mut self) {
        let is_dynamic = self
            .sheet
            .at(&["tool", "poetry-dynamic-versioning"])
            .is_some();
        for key in ["name", "version", "description"] {
            match self.text(key) {
                Some(_) if key == "version" && is_dynamic => {
                    let names: Array = ["version"].into_iter().collect();
                    self.draft.project("dynamic", names);
                }
                Some(text) if !text.is_empty() => self.moves(key, key, Value::from(text)),
                Some(_) => self.goes(&[key]),
                None => {}
            }
        }
        if let Some(license) = self.text("license").filter(|text| !text.is_empty()) {
            let table = inline([("text", license.as_str())]);
            self.moves("license", "license", Value::InlineTable(table));
        }
        for key in ["authors", "maintainers"] {
            let people = self.sheet.at(&["tool", "poetry", key]).map(texts);
            if let Some(people) = people {
                let tables = people
                    .iter()
                    .map(|text| person(text))
                    .filter(|one| !one.is_empty());
                let list = broken(tables.map(Value::InlineTable));
                if list.is_empty() {
                    self.goes(&[key]);
                } else {
                    self.moves(key, key, Value::Array(list));
                }
            }
        }
        for key in ["keywords", "classifiers"] {
            let list = self.sheet.at(&["tool", "poetry", key]).map(texts);
            if let Some(list) = list {
                let list: Array = list.into_iter().collect();
                self.moves(key, key, Value::Array(list));
            }
        }
        match self.sheet.at(&["tool", "poetry", "readme"]) {
            Some(item) if item.as_str().is_some() => {
                let text = item.as_str().unwrap_or_default().to_owned();
                self.moves("readme", "readme", Value::from(text));
            }
            Some(_) => {
                let names: Array = ["readme"].into_iter().collect();
                self.draft.project("dynamic", names);
                self.remark(
                    &["readme"],
                    "several READMEs stay where they are: `[project]` knows one",
                );
            }
            None => {}
        }
        self.urls();
    }

    fn urls(&mut self) {
        let mut urls = Vec::new();
        for (key, label) in [
            ("homepage", "Homepage"),
            ("repository", "Repository"),
            ("documentation", "Documentation"),
        ] {
            if let Some(url) = self.text(key) {
                self.goes(&[key]);
                urls.push(Field::new(label, url));
            }
        }
        if let Some(table) = self.sheet.table(&["tool", "poetry", "urls"]) {
            let all = table
                .iter()
                .filter_map(|(label, url)| Some((label, url.as_str()?)));
            urls.extend(all.map(|(label, url)| Field::new(label, url)));
            self.goes(&["urls"]);
        }
        if !self.has_project {
            self.draft.table(&["urls"]).extend(urls);
        }
    }

    /// `[tool.poetry.dependencies]`
    fn main(&mut self) {
        let path = ["tool", "poetry", "dependencies"];
        if let (false, Some(python)) = (
            self.has_project,
            self.sheet.at(&[path[0], path[1], path[2], "python"]),
        ) {
            let (above, behind) = self.sheet.comments(&[path[0], path[1], path[2], "python"]);
            self.python(python.as_str().unwrap_or_default(), (above, behind));
        }
        self.dependencies(&path, &DependencyPlace::Main);
        self.goes(&["dependencies"]);
    }

    fn python(&mut self, constraint: &str, (above, behind): (Vec<String>, Option<String>)) {
        match bounds(constraint) {
            Ok(bounds) => {
                if bounds.wider {
                    let message = format!(
                        "`python = \"{constraint}\"` became `{}`, which allows more",
                        bounds.text
                    );
                    self.remark(&["dependencies", "python"], message);
                }
                if !bounds.text.is_empty() {
                    self.draft.project.push(Field {
                        key: "requires-python".to_owned(),
                        value: Value::from(bounds.text),
                        above,
                        behind,
                    });
                }
            }
            Err(why) => self.remark(
                &["dependencies", "python"],
                format!("`python = \"{constraint}\"`: {why}"),
            ),
        }
    }

    /// One table of dependencies.
    fn dependencies(&mut self, path: &[&str], place: &DependencyPlace) {
        let sheet = self.sheet;
        let Some(table) = sheet.table(path) else {
            return;
        };
        let declared = self.declared(place);
        if let Some(block) = sheet.layout.block(path) {
            let list = self.draft.list(place.clone());
            list.above.extend(block.above.iter().cloned());
            list.tail.extend(block.tail.iter().cloned());
        }
        for (name, item) in table.iter() {
            if name == "python" && *place == DependencyPlace::Main {
                continue;
            }
            let whole: Vec<&str> = path.iter().copied().chain([name]).collect();
            let spot = Spot {
                file: &sheet.file,
                line: sheet.line(&whole),
            };
            let found = understand(&mut self.draft, (name, item), spot, Dialect::Poetry);
            let (mut above, mut behind) = sheet.comments(&whole);
            for one in found {
                let item = Item {
                    text: one.text.clone(),
                    is_toml: false,
                    above: std::mem::take(&mut above),
                    behind: behind.take(),
                };
                self.put(one, item, (name, place), &declared);
            }
        }
    }

    /// What `[project]` lists already: `[tool.poetry.dependencies]` only says more about it.
    fn declared(&self, place: &DependencyPlace) -> Vec<PackageName> {
        let mut found = Vec::new();
        if *place != DependencyPlace::Main || !self.has_project {
            return found;
        }
        let lists = self.sheet.at(&["project", "dependencies"]).into_iter();
        let extras = self.sheet.table(&["project", "optional-dependencies"]);
        let extras = extras
            .into_iter()
            .flat_map(|table| table.iter().map(|(_, item)| item));
        for list in lists.chain(extras) {
            for text in texts(list) {
                found.extend(
                    naja_spec::Requirement::parse(&text)
                        .ok()
                        .map(|one| one.name),
                );
            }
        }
        found
    }

    fn put(
        &mut self,
        one: Understood,
        item: Item,
        (name, place): (&str, &DependencyPlace),
        declared: &[PackageName],
    ) {
        let Some(package) = package(name) else {
            return;
        };
        if let Some(source) = one.source {
            self.draft.source(&package, source);
        }
        if one.prereleases && !self.prereleases.contains(&package) {
            self.prereleases.push(package.clone());
        }
        if declared.contains(&package) {
            return;
        }
        match one.optional && *place == DependencyPlace::Main {
            true => self.optional.push((package, item)),
            false => self.draft.list(place.clone()).items.push(item),
        }
    }

    fn extras(&mut self) {
        let sheet = self.sheet;
        let mut used: Vec<PackageName> = Vec::new();
        if let Some(table) = sheet.table(&["tool", "poetry", "extras"]) {
            for (name, item) in table.iter() {
                let Some(place) = extra(name) else {
                    self.remark(
                        &["extras", name],
                        format!("`{name}` cannot be the name of an extra"),
                    );
                    continue;
                };
                let mut items = Vec::new();
                for wanted in texts(item) {
                    let parsed = package(wanted.split('[').next().unwrap_or_default().trim());
                    let known = self.of_optional(parsed.as_ref());
                    if known.is_empty() {
                        self.remark(
                            &["extras", name],
                            format!("`{wanted}` is no dependency of the project"),
                        );
                    }
                    items.extend(known);
                    used.extend(parsed);
                }
                let (above, _) = sheet.comments(&["tool", "poetry", "extras", name]);
                let list = self.draft.list(place);
                list.above = above;
                list.items.extend(items);
            }
            self.goes(&["extras"]);
        }
        let unused: Vec<PackageName> = self
            .optional
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !used.contains(name))
            .collect();
        for name in unused {
            self.remark(
                &["dependencies", name.as_str()],
                format!("{name} is optional, and no extra names it: it is left out"),
            );
        }
    }

    /// The requirements of a dependency that an extra names: optional ones, else those that are always there.
    fn of_optional(&self, name: Option<&PackageName>) -> Vec<Item> {
        let Some(name) = name else {
            return Vec::new();
        };
        let optional = self.optional.iter().filter(|(known, _)| known == name);
        let found: Vec<Item> = optional.map(|(_, item)| item.clone()).collect();
        if !found.is_empty() {
            return found;
        }
        let main = self
            .draft
            .lists
            .iter()
            .find(|list| list.place == DependencyPlace::Main);
        let items = main.into_iter().flat_map(|list| &list.items);
        items
            .filter(|item| {
                let parsed = naja_spec::Requirement::parse(&item.text);
                parsed.is_ok_and(|one| one.name == *name)
            })
            .map(|item| Item::new(item.text.clone()))
            .collect()
    }

    fn groups(&mut self) {
        let sheet = self.sheet;
        let mut all: Vec<(GroupName, bool)> = Vec::new();
        if sheet
            .table(&["tool", "poetry", "dev-dependencies"])
            .is_some()
            && let Some(place) = group("dev")
        {
            self.dependencies(&["tool", "poetry", "dev-dependencies"], &place);
            self.goes(&["dev-dependencies"]);
            all.extend(GroupName::parse("dev").map(|name| (name, true)));
        }
        if let Some(table) = sheet.table(&["tool", "poetry", "group"]) {
            for (name, item) in table.iter() {
                let (Some(place), Ok(parsed)) = (group(name), GroupName::parse(name)) else {
                    self.remark(
                        &["group", name],
                        format!("`{name}` cannot be the name of a group"),
                    );
                    continue;
                };
                let of_group = item.as_table_like();
                let optional = of_group.and_then(|table| switch_of(table, "optional"));
                let includes = of_group
                    .and_then(|table| table.get("include-groups"))
                    .map(texts);
                self.draft.list(place.clone());
                for include in includes.unwrap_or_default() {
                    self.draft.list(place.clone()).items.push(Item {
                        text: inline([("include-group", include.as_str())]).to_string(),
                        is_toml: true,
                        ..Item::default()
                    });
                }
                self.dependencies(&["tool", "poetry", "group", name, "dependencies"], &place);
                match all.iter_mut().find(|(known, _)| *known == parsed) {
                    Some((_, counts)) => *counts = *counts && optional != Some(true),
                    None => all.push((parsed, optional != Some(true))),
                }
            }
            self.goes(&["group"]);
        }
        // A group that only says that it is optional, and has nothing, is a group all the same.
        self.draft.naja.extend(default_groups(&all));
    }

    fn sources(&mut self) {
        let sheet = self.sheet;
        let Some(item) = sheet.at(&["tool", "poetry", "source"]) else {
            return;
        };
        let tables: Vec<&dyn toml_edit::TableLike> = match item {
            TomlItem::ArrayOfTables(tables) => tables.iter().map(|table| table as _).collect(),
            _ => Vec::new(),
        };
        let mut has_default = false;
        for (at, table) in tables.into_iter().enumerate() {
            let name = text_of(table, "name").unwrap_or_default();
            let Some(url) = text_of(table, "url") else {
                continue;
            };
            let line = sheet.layout.line_of_nth(&["tool", "poetry", "source"], at);
            let url = self.draft.address((&sheet.file, line), url);
            let mut index = inline([("name", name), ("url", url.as_str())]);
            let old_default = switch_of(table, "default") == Some(true);
            let priority = text_of(table, "priority").unwrap_or(match old_default {
                true => "default",
                false if switch_of(table, "secondary") == Some(true) => "supplemental",
                false => "primary",
            });
            match priority {
                // With one of these, Poetry asks PyPI no more.
                "primary" | "default" if !has_default => {
                    index.insert("default", Value::from(true));
                    has_default = true;
                }
                "explicit" => {
                    index.insert("explicit", Value::from(true));
                }
                "supplemental" | "secondary" => self.remark(
                    &["source"],
                    format!("the index `{name}` is asked before the default one, not after it"),
                ),
                _ => {}
            }
            self.draft.indexes.push(index);
        }
        self.goes(&["source"]);
    }

    fn scripts(&mut self) {
        let sheet = self.sheet;
        if let Some(table) = sheet.table(&["tool", "poetry", "scripts"]) {
            for (name, item) in table.iter() {
                let reference = match (item.as_str(), item.as_table_like()) {
                    (Some(text), _) => Some(text),
                    (None, Some(table)) if text_of(table, "type") != Some("file") => {
                        text_of(table, "reference").or(text_of(table, "callable"))
                    }
                    _ => None,
                };
                match reference {
                    Some(reference) => {
                        let (above, behind) = sheet.comments(&["tool", "poetry", "scripts", name]);
                        self.draft.table(&["scripts"]).push(Field {
                            above,
                            behind,
                            ..Field::new(name, reference)
                        });
                        self.goes(&["scripts", name]);
                    }
                    None => self.remark(
                        &["scripts", name],
                        format!(
                            "the script `{name}` is a file: it stays in `[tool.poetry.scripts]`"
                        ),
                    ),
                }
            }
        }
        if let Some(table) = sheet.table(&["tool", "poetry", "plugins"]) {
            for (kind, item) in table.iter() {
                let points = item
                    .as_table_like()
                    .into_iter()
                    .flat_map(|points| points.iter());
                let points = points.filter_map(|(name, at)| Some(Field::new(name, at.as_str()?)));
                let points: Vec<Field> = points.collect();
                self.draft.table(&["entry-points", kind]).extend(points);
            }
            self.goes(&["plugins"]);
        }
        if self.has_project {
            self.draft.tables.clear();
        }
    }

    fn build(&mut self) {
        let sheet = self.sheet;
        let is_package = sheet
            .at(&["tool", "poetry", "package-mode"])
            .and_then(TomlItem::as_bool)
            .unwrap_or(true);
        let has_system = sheet.table(&["build-system"]).is_some();
        if !is_package {
            self.goes(&["package-mode"]);
            if has_system {
                self.draft.naja.push(Field::new("package", false));
            }
        }
        let requires = sheet
            .at(&["build-system", "requires"])
            .map(texts)
            .unwrap_or_default();
        let backend = sheet.text(&["build-system", "build-backend"]);
        let is_poetry = backend.is_none_or(|backend| backend.contains("poetry"));
        // The first that reads `[project]` is 2.0.
        let two = naja_spec::Version::from_release(&[2, 0]);
        let takes_two = |text: &String| {
            let parsed = naja_spec::Requirement::parse(text);
            parsed.is_ok_and(|one| {
                one.name.as_str() == "poetry-core"
                    && one.specifiers().is_some_and(|all| all.contains(&two))
            })
        };
        let fits = backend == Some("poetry.core.masonry.api") && requires.iter().any(takes_two);
        if is_poetry && !fits && (is_package || has_system) {
            let mut all = vec!["poetry-core>=2.0,<3.0".to_owned()];
            let others = requires.iter().filter(|text| {
                let name = naja_spec::Requirement::parse(text).map(|one| one.name.to_string());
                !matches!(name.as_deref(), Ok("poetry" | "poetry-core"))
            });
            all.extend(others.cloned());
            self.draft.build = Some((all, "poetry.core.masonry.api".to_owned()));
            self.gone.push(vec!["build-system".to_owned()]);
        }
    }

    /// What is left, and is not the builder's.
    fn rest(&mut self) {
        let sheet = self.sheet;
        if !self.prereleases.is_empty() {
            let mut table = toml_edit::InlineTable::new();
            for name in &self.prereleases {
                table.insert(name.as_str(), Value::from("allow"));
            }
            let field = Field::new("prerelease-package", Value::InlineTable(table));
            self.draft.naja.push(field);
        }
        let keys = sheet
            .table(&["tool", "poetry"])
            .into_iter()
            .flat_map(|table| table.iter());
        let keys: Vec<String> = keys.map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            let goes = self
                .gone
                .iter()
                .any(|path| path.len() > 2 && path[2] == key);
            if !goes
                && !OF_BUILDER.contains(&key.as_str())
                && !matches!(key.as_str(), "readme" | "version")
            {
                self.remark(
                    &[&key],
                    format!("`{key}` of Poetry stays as it is: it has no counterpart"),
                );
            }
        }
        if !self.has_project && !self.draft.has("name") {
            self.draft.remark(
                &sheet.file,
                0,
                "the project has no name: it gets that of its directory",
            );
        }
    }
}
