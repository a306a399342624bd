//! The answer does not depend on the order in which facts arrive.

use naja_lock::{DistSource, Graph};
use naja_resolve::{Conflict, Problem, Query, Solver, Step, explain};
use proptest::prelude::*;
use proptest::test_runner::TestRng;

use crate::brute::{Case, case};
use crate::universe::{World, run};

/// What can be compared of a result.
fn outcome(result: &Result<Graph, Box<Conflict>>) -> String {
    match result {
        Ok(graph) => graph
            .nodes
            .iter()
            .map(|node| {
                let file = match &node.pin.source {
                    DistSource::Wheel(file) | DistSource::Sdist(file) => file.file_name.clone(),
                    other => format!("{other:?}"),
                };
                format!(
                    "{} {} {:?} {file}\n",
                    node.pin.name, node.pin.version, node.pin.extras
                )
            })
            .collect(),
        Err(conflict) => explain(conflict).to_string(),
    }
}

/// Answers one random open question at a time, and now and then calls for a step too often.
fn run_shuffled(
    world: &World,
    problem: Problem,
    rng: &mut TestRng,
) -> Result<Graph, Box<Conflict>> {
    let mut solver = Solver::new(problem);
    let mut open: Vec<Query> = Vec::new();
    for _ in 0..100_000 {
        match solver.step() {
            Step::Working => {}
            Step::Done(graph) => return Ok(graph),
            Step::Unsatisfiable(conflict) => return Err(conflict),
            Step::Need { must, soon } => {
                for query in must.into_iter().chain(soon) {
                    if !open.contains(&query) {
                        open.push(query);
                    }
                }
                assert!(!open.is_empty(), "waits for an answer it has");
                for _ in 0..1 + rng.next_u32() as usize % 3 {
                    if !open.is_empty() {
                        let query = open.swap_remove(rng.next_u32() as usize % open.len());
                        solver.learn(&query, world.answer(&query));
                    }
                }
            }
        }
    }
    panic!("the search does not end");
}

fn check(case: &Case, rng: &mut TestRng) -> Result<(), TestCaseError> {
    let world = case.world();
    let expected = outcome(&run(&world, case.problem()).result);
    for _ in 0..4 {
        prop_assert_eq!(
            &outcome(&run_shuffled(&world, case.problem(), rng)),
            &expected
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(150), ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_facts_gives_the_same_answer(case in case(), seed in any::<[u8; 32]>()) {
        let mut rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed);
        check(&case, &mut rng)?;
    }
}

#[test]
fn a_solver_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Solver>();
}
