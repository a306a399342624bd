//! A program without options, for trying the operations.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

use naja_engine::*;

struct Print;
impl Sink for Print {
    fn event(&mut self, event: &Event) {
        eprintln!("{event:?}");
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let process = ProcessEnv {
        vars: std::env::vars_os().collect(),
        cwd: std::env::current_dir().unwrap(),
        home: std::env::var_os("HOME").map(Into::into),
        now_ms: std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis() as i64,
        stderr_is_terminal: false,
        processors: 2,
        program_version: "0",
    };
    let start = Start::default();
    let mut session =
        naja_engine::start(process, start, |_| Box::new(Print), Cancel::default()).unwrap();
    let rest = words[1..].to_vec();
    let sources = InputSources { packages: rest, ..Default::default() };
    let shown = match words[0].as_str() {
        "install" => format!(
            "{:?}",
            pip::install(&mut session, &pip::InstallRequest { sources, ..Default::default() })
        ),
        "compile" => match pip::compile(
            &mut session,
            &pip::CompileRequest { sources, ..Default::default() },
        ) {
            Ok(compiled) => compiled.text,
            Err(failure) => format!("{failure:#?}"),
        },
        "list" => format!("{:?}", pip::list(&mut session, &Default::default())),
        other => panic!("{other}"),
    };
    println!("{shown}");
}
