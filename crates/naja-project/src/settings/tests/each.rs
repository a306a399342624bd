//! Every setting of the table, from each place it can come from.

use super::*;

/// A value for a setting, as text and as TOML; nothing for those that are tables.
fn sample(row: &OptionRow) -> Option<(String, String)> {
    let plain = |text: &str| Some((text.to_owned(), text.to_owned()));
    let quoted = |text: &str| Some((text.to_owned(), format!("'{text}'")));
    match row.expected {
        "true or false" if row.default == "true" => plain("false"),
        "true or false" => plain("true"),
        "a whole number" | "a whole number from 1" | "a number of seconds" => plain("7"),
        "a text" => quoted("harry"),
        "a path" | "directories" => quoted("/abs"),
        "a timestamp, a date or an age" => quoted("2024-01-31"),
        "the address of a proxy"
        | "an http(s) address, a file address or a path"
        | "an address, a path, or NAME=ADDRESS" => quoted("https://index.example/simple/"),
        "a list" => {
            // Paths and addresses take the first, names the second.
            let fits = |text: &&str| {
                let file = format!("{} = ['{text}']", row.key);
                let world = World::new([("/castle/app/naja.toml", file.as_str())]);
                world.try_load(Partial::default()).is_ok()
            };
            let text = ["/abs", "harry"].into_iter().find(fits)?;
            Some((text.to_owned(), format!("['{text}']")))
        }
        words if words.contains(" or ") && !words.contains([':', '`', '=']) => {
            let words = words.replace(" or ", ", ");
            let known = words.split(", ").map(str::to_owned);
            let text = known.filter(|word| *word != row.default).last()?;
            quoted(&text)
        }
        _ => None,
    }
}

fn shown(settings: &Settings, key: &str) -> (String, Layer) {
    let entries = settings.entries();
    let found = entries.iter().find(|(known, ..)| *known == key);
    let (_, value, origin) = found.unwrap();
    (value.clone(), origin.layer)
}

#[test]
fn every_setting_is_the_same_from_each_place() {
    let mut without_sample = Vec::new();
    for row in options() {
        let Some((text, toml)) = sample(&row) else {
            without_sample.push(row.key);
            continue;
        };
        let key = row.key;
        let file = format!("{key} = {toml}");
        let of_file = World::new([("/castle/app/naja.toml", file.as_str())]).load();
        let (value, layer) = shown(&of_file, key);
        assert_eq!(layer, Layer::Project, "{key}");
        assert_ne!(value, row.default, "{key} = {toml}");
        let table = format!("[tool.uv]\n{file}");
        let of_uv = World::new([("/castle/app/pyproject.toml", table.as_str())]).load();
        assert_eq!(shown(&of_uv, key), (value.clone(), layer), "{key} of uv");
        for variable in row.variables {
            let given = match variable.rule {
                VariableRule::Value => text.clone(),
                VariableRule::Not if text == "true" => "false".to_owned(),
                VariableRule::Not => "true".to_owned(),
                VariableRule::Pip | VariableRule::Means(_) => continue,
            };
            // The configuration on the disk is another one: variables count more.
            let world = World::new([]).with(variable.name, &given);
            let expected = (value.clone(), Layer::Environment);
            assert_eq!(shown(&world.load(), key), expected, "{}", variable.name);
        }
        if !row.flag.is_empty() {
            let of_flag = arguments(&[(key, &text)]).settings();
            let expected = (value.clone(), Layer::Arguments);
            assert_eq!(shown(&of_flag, key), expected, "{}", row.flag);
        }
    }
    // What is left out is written as a table, or has a form of its own: tests of these are elsewhere.
    assert!(without_sample.len() <= 20, "{without_sample:?}");
}
