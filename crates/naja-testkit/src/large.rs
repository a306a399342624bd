/// Bytes of one large input.
const LARGE: usize = 256 << 10;

/// Makes a large text of each of the shapes and hands it over: a start, a part as often as fits (`@` stands
/// for its number), an end. The clock is not asked: what grows faster than its input shows in the time of the
/// whole suite and under the fuzzer.
pub fn large_inputs(shapes: &[[&str; 3]], run: &dyn Fn(&str)) {
    for shape in shapes {
        run(&large_input(*shape));
    }
}

fn large_input([start, part, end]: [&str; 3]) -> String {
    let mut text = String::with_capacity(LARGE + 64);
    text.push_str(start);
    let mut number = 0_u32;
    while text.len() < LARGE {
        match part.split_once('@') {
            Some((before, after)) => text += &format!("{before}{number}{after}"),
            None => text.push_str(part),
        }
        number += 1;
    }
    text.push_str(end);
    text
}
