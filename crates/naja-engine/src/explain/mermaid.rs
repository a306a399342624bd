//! Flow charts of explanations.

/// Two projects that share an environment, and two that do not.
pub(super) const HARRY: &str = r#"flowchart TB
    subgraph one["one environment for both: one of them breaks"]
        direction LR
        s1(philosophers-stone) -->|needs harry 1| shared["harry 1 or harry 3"]
        a1(prisoner-of-azkaban) -.-x|needs harry 3| shared
    end
    subgraph two["an environment for each: both work"]
        direction LR
        s2(philosophers-stone) -->|needs harry 1| h1["its .venv: harry 1"]
        a2(prisoner-of-azkaban) -->|needs harry 3| h3["its .venv: harry 3"]
    end
    one ~~~ two
"#;

/// A text as a label.
pub(super) fn label(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => "#quot;".to_owned(),
            '#' => "#35;".to_owned(),
            '<' => "#lt;".to_owned(),
            '>' => "#gt;".to_owned(),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
