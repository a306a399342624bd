//! Writing indexes into a manifest.

use toml_edit::{ArrayOfTables, InlineTable, Item, Table, TableLike, Value};

use super::edit::{EditError, NewIndex};

/// Puts an index in front of those of a table, or gives its address to the one it stands for.
pub(super) fn add(own: &mut dyn TableLike, index: &NewIndex) -> Result<(), EditError> {
    let wrong = || EditError::Wrong {
        key: "index".to_owned(),
        expected: "a list of tables",
    };
    let url = index.url.without_credentials().with_secrets().to_owned();
    let item = match own.get_mut("index") {
        Some(item) => item,
        None => {
            own.insert("index", Item::ArrayOfTables(ArrayOfTables::new()));
            own.get_mut("index").ok_or_else(wrong)?
        }
    };
    match item {
        Item::ArrayOfTables(tables) => {
            for table in tables.iter_mut() {
                if is_it(table, index, &url) {
                    set_url(table, &url);
                    return Ok(());
                }
            }
            *tables = with_first(tables, index, &url);
            Ok(())
        }
        Item::Value(Value::Array(list)) => {
            for value in list.iter_mut() {
                let table = value.as_inline_table_mut().ok_or_else(wrong)?;
                if is_it(table, index, &url) {
                    set_url(table, &url);
                    return Ok(());
                }
            }
            let mut table = InlineTable::new();
            fill(&mut table, index, &url);
            let mut value = Value::InlineTable(table);
            if let Some(first) = list.get(0) {
                *value.decor_mut() = first.decor().clone();
            }
            list.insert_formatted(0, value);
            Ok(())
        }
        _ => Err(wrong()),
    }
}

/// Whether a table is about the same index: by the name if there is one, else by what it is or where.
fn is_it(table: &dyn TableLike, index: &NewIndex, url: &str) -> bool {
    let text = |key: &str| table.get(key).and_then(Item::as_str);
    let is_default = table.get("default").and_then(Item::as_bool) == Some(true);
    match &index.name {
        Some(name) => text("name") == Some(name),
        None if index.is_default => is_default,
        None => text("url")
            .is_some_and(|known| known.trim_end_matches('/') == url.trim_end_matches('/')),
    }
}

fn set_url(table: &mut dyn TableLike, url: &str) {
    match table.get_mut("url").and_then(Item::as_value_mut) {
        Some(old) if old.as_str() == Some(url) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = Value::from(url);
            *old.decor_mut() = decor;
        }
        None => {
            table.insert("url", Item::Value(Value::from(url)));
        }
    }
}

fn fill(table: &mut dyn TableLike, index: &NewIndex, url: &str) {
    if let Some(name) = &index.name {
        table.insert("name", Item::Value(Value::from(name.as_str())));
    }
    table.insert("url", Item::Value(Value::from(url)));
    if index.is_default {
        table.insert("default", Item::Value(Value::from(true)));
    }
}

fn with_first(tables: &ArrayOfTables, index: &NewIndex, url: &str) -> ArrayOfTables {
    let mut first = Table::new();
    fill(&mut first, index, url);
    if let Some(position) = tables.iter().next().and_then(Table::position) {
        first.set_position(Some(position));
        first.decor_mut().set_prefix("\n");
    }
    let mut all = ArrayOfTables::new();
    all.push(first);
    for table in tables {
        all.push(table.clone());
    }
    all
}
