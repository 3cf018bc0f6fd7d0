use crate::{
    harness::{
        Case, Measure, OURS, Samples, Spread, Subject, Valgrind, allocations_per_call, sample,
    },
    row::Row,
};

/// Two threads are measured in fewer rounds, because their batches are longer.
const ROUNDS_OF_TWO: usize = 9;

/// Measures `case`: a row for each subject.
pub(crate) fn measure(case: &Case, rounds: usize, valgrind: Option<&Valgrind>) -> Vec<Row> {
    let rounds = match case.measure {
        Measure::Time => rounds,
        Measure::Threads => (rounds / 3).max(ROUNDS_OF_TWO),
    };
    let Samples { of: mut samples, shared_cores } = sample(case, rounds);
    take_off(case, &mut samples);
    let ours = case.ours();
    let counts: Vec<_> =
        case.subjects.iter().map(|subject| Counts::of(case, subject, valgrind)).collect();
    let mut rows = Vec::new();
    for (place, (subject, own)) in case.subjects.iter().zip(&samples).enumerate() {
        let spread = Spread::of(own);
        let mut row = Row {
            case: case.name.clone(),
            title: case.title.clone(),
            subject: subject.name.to_owned(),
            bound: case.bound.filter(|_| subject.name == OURS),
            shared_cores: shared_cores[place],
            p10: Some(spread.p10),
            p90: Some(spread.p90),
            ..Row::default()
        };
        // What is added compares with what is added, and a whole with a whole.
        let is_alike = |ours: &usize| case.subjects[*ours].over.is_some() == subject.over.is_some();
        if let Some(ours) = ours.filter(is_alike) {
            let ratios: Vec<_> =
                own.iter().zip(&samples[ours]).map(|(own, ours)| own / ours).collect();
            row.times_ours = Some(Spread::of(&ratios).median);
        }
        match case.measure {
            Measure::Threads => row.thread_ratio = Some(spread.median),
            Measure::Time => {
                let under = subject.over.map_or(Counts::NOTHING, |other| counts[case.under(other)]);
                row.median_ns = Some(spread.median);
                row.instructions = less(counts[place].instructions, under.instructions);
                row.allocations = less(counts[place].allocations, under.allocations);
                row.clock_reads = less(counts[place].clock_reads, under.clock_reads);
            }
        }
        rows.push(row);
    }
    rows
}

/// What a subject was counted to do for one call.
#[derive(Clone, Copy, Debug)]
struct Counts {
    instructions: Option<f64>,
    allocations: Option<f64>,
    clock_reads: Option<f64>,
}

impl Counts {
    const NOTHING: Self =
        Self { instructions: Some(0.0), allocations: Some(0.0), clock_reads: Some(0.0) };

    fn of(case: &Case, subject: &Subject, valgrind: Option<&Valgrind>) -> Self {
        let mut counts = Self { instructions: None, allocations: None, clock_reads: None };
        if case.measure == Measure::Threads {
            return counts;
        }
        counts.allocations = Some(allocations_per_call(&mut *(subject.make)()));
        let Some(valgrind) = valgrind.filter(|_| subject.is_steady) else { return counts };
        match valgrind.count(&case.name, subject.name) {
            Ok(counted) => {
                counts.instructions = Some(counted.instructions);
                counts.clock_reads = Some(counted.clock_reads);
            }
            Err(error) => eprintln!("{}, {}: not counted: {error:#}", case.name, subject.name),
        }
        counts
    }
}

fn less(own: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(own? - other?)
}

/// Takes off, round by round, what is not the subject's own.
fn take_off(case: &Case, samples: &mut [Vec<f64>]) {
    for (place, subject) in case.subjects.iter().enumerate() {
        let Some(other) = subject.over else { continue };
        let other = case.under(other);
        let rest = samples[place].iter().zip(&samples[other]).map(|(own, other)| own - other);
        samples[place] = rest.collect();
    }
}
