//! Where the boxes of a picture go: columns from left to right, few crossings, straight lines.
//!
//! The steps are those of layered drawing: circles are cut, each node gets a column behind
//! everything that needs it, long edges get a place in every column they pass, the order within the
//! columns is improved by looking at the neighbours, and heights are averaged over the neighbours.
//! The same graph always gets the same picture.

/// A point, in pixels from the upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// The distances of a picture, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spacing {
    /// The height of a box.
    pub(super) height: f64,
    /// Between two boxes of a column.
    pub(super) rows: f64,
    /// Between two columns.
    pub(super) columns: f64,
    /// Around everything.
    pub(super) margin: f64,
}

/// A picture without paint.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    /// The upper left corners of the boxes.
    pub(super) nodes: Vec<Point>,
    /// For each edge the points it goes through, from its start to its end.
    pub(super) edges: Vec<Vec<Point>>,
    /// The size of everything.
    pub(super) width: f64,
    /// The size of everything.
    pub(super) height: f64,
}

/// How often the order is improved.
const ORDER_ROUNDS: usize = 24;

/// How often heights are averaged.
const HEIGHT_ROUNDS: usize = 16;

/// Arranges boxes of these widths, with edges between them.
pub(super) fn arrange(widths: &[f64], edges: &[(usize, usize)], spacing: Spacing) -> Placed {
    let mut linked = vec![false; widths.len()];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        linked[*from] = true;
        linked[*to] = true;
    }
    let forward = without_circles(widths.len(), edges);
    let columns = columns_of(&linked, &forward);
    let mut net = Net::of(widths, &columns, &forward, &linked);
    net.order();
    net.place_rows(spacing);
    let mut placed = net.finish(edges, &forward, spacing);
    place_alone(widths, &linked, spacing, &mut placed);
    placed.width += 2.0 * spacing.margin;
    placed.height += 2.0 * spacing.margin;
    let shift = |point: &mut Point| {
        point.x += spacing.margin;
        point.y += spacing.margin;
    };
    placed.nodes.iter_mut().for_each(shift);
    placed.edges.iter_mut().flatten().for_each(shift);
    placed
}

/// The edges, turned around where they close a circle; edges of a node to itself are left out.
fn without_circles(count: usize, edges: &[(usize, usize)]) -> Vec<Option<(usize, usize)>> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut into = vec![0_usize; count];
    for (number, (from, to)) in edges.iter().enumerate() {
        if from != to {
            out[*from].push(number);
            into[*to] += 1;
        }
    }
    let mut forward: Vec<Option<(usize, usize)>> = edges
        .iter()
        .map(|(from, to)| (from != to).then_some((*from, *to)))
        .collect();
    let mut state = vec![0_u8; count];
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|id| (into[*id], *id));
    for start in starts {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut stack = vec![(start, 0)];
        while let Some((id, at)) = stack.pop() {
            let Some(number) = out[id].get(at) else {
                state[id] = 2;
                continue;
            };
            stack.push((id, at + 1));
            let (from, to) = edges[*number];
            match state[to] {
                0 => {
                    state[to] = 1;
                    stack.push((to, 0));
                }
                1 => forward[*number] = Some((to, from)),
                _ => {}
            }
        }
    }
    forward
}

/// The column of each node: behind everything that leads to it, and what nothing leads to close
/// before what it leads to.
fn columns_of(linked: &[bool], forward: &[Option<(usize, usize)>]) -> Vec<usize> {
    let count = linked.len();
    let mut waiting = vec![0_usize; count];
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in forward.iter().flatten() {
        out[*from].push(*to);
        waiting[*to] += 1;
    }
    let sources: Vec<usize> = (0..count).filter(|id| waiting[*id] == 0).collect();
    let mut columns = vec![0_usize; count];
    let mut open = sources.clone();
    while let Some(id) = open.pop() {
        for to in &out[id] {
            columns[*to] = columns[*to].max(columns[id] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                open.push(*to);
            }
        }
    }
    for id in sources {
        let nearest = out[id].iter().map(|to| columns[*to]).min();
        columns[id] = nearest.map_or(0, |column| column.saturating_sub(1));
    }
    columns
}

/// Boxes and the places of long edges in their columns.
struct Net {
    /// The box at each place; `None` where an edge passes.
    boxes: Vec<Option<usize>>,
    widths: Vec<f64>,
    columns: Vec<Vec<usize>>,
    before: Vec<Vec<usize>>,
    behind: Vec<Vec<usize>>,
    /// For each edge the places it goes through.
    routes: Vec<Vec<usize>>,
    centres: Vec<f64>,
    nodes: usize,
}

impl Net {
    fn of(
        widths: &[f64],
        columns: &[usize],
        forward: &[Option<(usize, usize)>],
        linked: &[bool],
    ) -> Self {
        let last = columns.iter().max().map_or(0, |last| last + 1);
        let mut net = Self {
            boxes: (0..widths.len()).map(Some).collect(),
            widths: widths.to_vec(),
            columns: vec![Vec::new(); last],
            before: vec![Vec::new(); widths.len()],
            behind: vec![Vec::new(); widths.len()],
            routes: Vec::with_capacity(forward.len()),
            centres: Vec::new(),
            nodes: widths.len(),
        };
        // Depth first, so that what belongs together begins together.
        let mut out: Vec<Vec<usize>> = vec![Vec::new(); widths.len()];
        for (from, to) in forward.iter().flatten() {
            out[*from].push(*to);
        }
        let mut seen: Vec<bool> = linked.iter().map(|linked| !linked).collect();
        let mut starts: Vec<usize> = (0..widths.len()).collect();
        starts.sort_by_key(|id| (columns[*id], *id));
        for start in starts {
            let mut open = vec![start];
            while let Some(id) = open.pop() {
                if !std::mem::replace(&mut seen[id], true) {
                    net.columns[columns[id]].push(id);
                    open.extend(out[id].iter().rev());
                }
            }
        }
        for edge in forward {
            let route = edge.map_or_else(Vec::new, |(from, to)| {
                net.route(from, to, columns[from] + 1..columns[to])
            });
            net.routes.push(route);
        }
        net
    }

    fn route(&mut self, from: usize, to: usize, between: std::ops::Range<usize>) -> Vec<usize> {
        let mut route = vec![from];
        for column in between {
            let place = self.boxes.len();
            self.boxes.push(None);
            self.before.push(Vec::new());
            self.behind.push(Vec::new());
            self.columns[column].push(place);
            route.push(place);
        }
        route.push(to);
        for pair in route.windows(2) {
            self.behind[pair[0]].push(pair[1]);
            self.before[pair[1]].push(pair[0]);
        }
        route
    }

    /// Sorts each column by the middle of its neighbours, back and forth, and keeps the best.
    fn order(&mut self) {
        let mut ranks = vec![0.0_f64; self.boxes.len()];
        let mut best = self.columns.clone();
        let mut fewest = self.crossings();
        for round in 0..ORDER_ROUNDS {
            if fewest == 0 {
                break;
            }
            let backwards = round % 2 == 1;
            let count = self.columns.len();
            for step in 0..count {
                let column = if backwards { count - 1 - step } else { step };
                for (rank, place) in (0_u32..).zip(&self.columns[column]) {
                    ranks[*place] = f64::from(rank);
                }
                let next = match (backwards, column.checked_sub(1)) {
                    (true, Some(next)) => next,
                    (false, _) if column + 1 < count => column + 1,
                    _ => continue,
                };
                let sides = if backwards {
                    &self.behind
                } else {
                    &self.before
                };
                for (rank, place) in (0_u32..).zip(&self.columns[next]) {
                    ranks[*place] = middle(&sides[*place], &ranks).unwrap_or(f64::from(rank));
                }
                let mut sorted = std::mem::take(&mut self.columns[next]);
                sorted.sort_by(|a, b| ranks[*a].total_cmp(&ranks[*b]));
                self.columns[next] = sorted;
            }
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.columns);
            }
        }
        self.columns = best;
    }

    /// How many pairs of edges cross.
    fn crossings(&self) -> usize {
        let mut ranks = vec![0_usize; self.boxes.len()];
        for column in &self.columns {
            for (rank, place) in column.iter().enumerate() {
                ranks[*place] = rank;
            }
        }
        let pairs = self.columns.windows(2);
        pairs
            .map(|pair| {
                let mut ends: Vec<(usize, usize)> = Vec::new();
                for place in &pair[0] {
                    let to = self.behind[*place].iter();
                    ends.extend(to.map(|to| (ranks[*place], ranks[*to])));
                }
                ends.sort_unstable();
                inversions(ends.into_iter().map(|(_, to)| to), pair[1].len())
            })
            .sum()
    }

    /// Gives every place its height: as near to its neighbours as the order allows.
    fn place_rows(&mut self, spacing: Spacing) {
        self.centres = vec![0.0; self.boxes.len()];
        let gaps = |net: &Self, above: usize, below: usize| {
            let half = |place: usize| match net.boxes[place] {
                Some(_) => spacing.height / 2.0,
                None => 0.0,
            };
            let gap = if net.boxes[above].is_none() && net.boxes[below].is_none() {
                spacing.rows * 0.6
            } else {
                spacing.rows
            };
            half(above) + half(below) + gap
        };
        for column in 0..self.columns.len() {
            let mut y = 0.0;
            for at in 0..self.columns[column].len() {
                let place = self.columns[column][at];
                if at > 0 {
                    y += gaps(self, self.columns[column][at - 1], place);
                }
                self.centres[place] = y;
            }
        }
        for round in 0..HEIGHT_ROUNDS {
            let count = self.columns.len();
            for step in 0..count {
                let column = if round % 2 == 1 {
                    count - 1 - step
                } else {
                    step
                };
                let places = self.columns[column].clone();
                let mut wishes = Vec::with_capacity(places.len());
                let mut distances = vec![0.0];
                for (at, place) in places.iter().enumerate() {
                    wishes.push(self.wish(*place, round));
                    if at > 0 {
                        let gap = gaps(self, places[at - 1], *place);
                        distances.push(distances[at - 1] + gap);
                    }
                }
                for (place, y) in places.iter().zip(settle(&wishes, &distances)) {
                    self.centres[*place] = y;
                }
            }
        }
        let top = self
            .centres
            .iter()
            .zip(&self.boxes)
            .map(|(y, of)| {
                if of.is_some() {
                    y - spacing.height / 2.0
                } else {
                    *y
                }
            })
            .enumerate()
            .filter(|(place, _)| self.is_used(*place))
            .map(|(_, y)| y)
            .fold(f64::INFINITY, f64::min);
        if top.is_finite() {
            for y in &mut self.centres {
                *y -= top;
            }
        }
    }

    fn is_used(&self, place: usize) -> bool {
        !self.before[place].is_empty() || !self.behind[place].is_empty()
    }

    /// Where a place would like to be, and how much; long edges want to be straight.
    fn wish(&self, place: usize, round: usize) -> (f64, f64) {
        let sides: [&[usize]; 2] = match (round + 2 >= HEIGHT_ROUNDS, round % 2) {
            (true, _) => [&self.before[place], &self.behind[place]],
            (false, 0) => [&self.before[place], &[]],
            _ => [&self.behind[place], &[]],
        };
        let near: Vec<usize> = sides.concat();
        let weight = if self.boxes[place].is_none() {
            4.0
        } else {
            1.0
        };
        match middle(&near, &self.centres) {
            Some(y) => (y, weight),
            None => (self.centres[place], 0.1),
        }
    }

    fn finish(
        &self,
        edges: &[(usize, usize)],
        forward: &[Option<(usize, usize)>],
        spacing: Spacing,
    ) -> Placed {
        let mut lefts = Vec::with_capacity(self.columns.len());
        let mut x = 0.0;
        let mut column_of = vec![0; self.boxes.len()];
        let mut widest = Vec::with_capacity(self.columns.len());
        for (number, column) in self.columns.iter().enumerate() {
            let boxes = column.iter().filter_map(|place| self.boxes[*place]);
            let width = boxes.map(|id| self.widths[id]).fold(0.0, f64::max);
            for place in column {
                column_of[*place] = number;
            }
            lefts.push(x);
            widest.push(width);
            x += width + spacing.columns;
        }
        let mut placed = Placed {
            nodes: vec![Point::default(); self.nodes],
            width: (x - spacing.columns).max(0.0),
            ..Placed::default()
        };
        for place in self.columns.iter().flatten() {
            let y = self.centres[*place];
            let mut bottom = y;
            if let Some(id) = self.boxes[*place] {
                let y = y - spacing.height / 2.0;
                placed.nodes[id] = Point {
                    x: lefts[column_of[*place]],
                    y,
                };
                bottom = y + spacing.height;
            }
            placed.height = placed.height.max(bottom);
        }
        let ports = self.ports(spacing);
        for (number, route) in self.routes.iter().enumerate() {
            let mut points = Vec::with_capacity(route.len() * 2);
            for (at, place) in route.iter().enumerate() {
                let column = column_of[*place];
                let mut y = self.centres[*place];
                let (left, right) = match self.boxes[*place] {
                    Some(id) => (lefts[column], lefts[column] + self.widths[id]),
                    None => (lefts[column], lefts[column] + widest[column]),
                };
                if self.boxes[*place].is_some() {
                    y += ports[number][usize::from(at > 0)];
                }
                if at > 0 {
                    points.push(Point { x: left, y });
                }
                if at + 1 < route.len() {
                    points.push(Point { x: right, y });
                }
            }
            if forward[number].is_some_and(|(from, _)| from != edges[number].0) {
                points.reverse();
            }
            placed.edges.push(points);
        }
        placed
    }
}

impl Net {
    /// How far from the middle of its boxes each edge begins and ends: edges of one box are beside
    /// each other, in the order in which they come and go.
    fn ports(&self, spacing: Spacing) -> Vec<[f64; 2]> {
        let mut ports = vec![[0.0; 2]; self.routes.len()];
        for end in [0, 1] {
            let mut of: Vec<Vec<(f64, usize)>> = vec![Vec::new(); self.boxes.len()];
            for (number, route) in self.routes.iter().enumerate() {
                let pair = match (end, route.as_slice()) {
                    (0, [place, next, ..]) => (*place, *next),
                    (1, [.., next, place]) => (*place, *next),
                    _ => continue,
                };
                of[pair.0].push((self.centres[pair.1], number));
            }
            for edges in &mut of {
                edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let count = u32::try_from(edges.len()).unwrap_or(u32::MAX);
                let step = (spacing.height * 0.6 / f64::from(count.max(1))).min(6.0);
                let first = -step * f64::from(count.saturating_sub(1)) / 2.0;
                for (at, (_, number)) in (0_u32..).zip(edges.iter()) {
                    ports[*number][end] = first + step * f64::from(at);
                }
            }
        }
        ports
    }
}

/// What nothing leads to and that leads nowhere: rows below the rest.
fn place_alone(widths: &[f64], linked: &[bool], spacing: Spacing, placed: &mut Placed) {
    let alone: Vec<usize> = (0..widths.len()).filter(|id| !linked[*id]).collect();
    if alone.is_empty() {
        return;
    }
    let gap = spacing.rows * 1.5;
    let total: f64 = alone.iter().map(|id| widths[*id] + gap).sum();
    // About twice as wide as high where nothing else says how wide it is.
    let square = (total * (spacing.height + gap) * 2.0).sqrt();
    let widest = alone.iter().map(|id| widths[*id]).fold(0.0, f64::max);
    let limit = placed.width.max(square).max(widest);
    let mut y = if placed.height > 0.0 {
        placed.height + spacing.height
    } else {
        0.0
    };
    let mut x = 0.0;
    for id in alone {
        if x > 0.0 && x + widths[id] > limit {
            x = 0.0;
            y += spacing.height + gap;
        }
        placed.nodes[id] = Point { x, y };
        x += widths[id] + gap;
        placed.width = placed.width.max(x - gap);
    }
    placed.height = y + spacing.height;
}

/// The average of some places' values.
fn middle(places: &[usize], values: &[f64]) -> Option<f64> {
    let count = u32::try_from(places.len())
        .ok()
        .filter(|count| *count > 0)?;
    let sum: f64 = places.iter().map(|place| values[*place]).sum();
    Some(sum / f64::from(count))
}

/// How many pairs are in the wrong order; values are below `bound`.
fn inversions(values: impl Iterator<Item = usize>, bound: usize) -> usize {
    let mut tree = vec![0_usize; bound + 1];
    let mut pairs = 0;
    for (seen, value) in values.enumerate() {
        let mut at = value + 1;
        let mut not_above = 0;
        while at > 0 {
            not_above += tree[at];
            at &= at - 1;
        }
        pairs += seen - not_above;
        let mut at = value + 1;
        while at <= bound {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    pairs
}

/// The positions nearest to what is wished for (least squares, by weight) that are at least so far
/// apart as `distances`, counted from the first, say: neighbours that push each other move together.
fn settle(wishes: &[(f64, f64)], distances: &[f64]) -> Vec<f64> {
    // Relative to their distances, positions only have to grow.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    for ((wish, weight), distance) in wishes.iter().zip(distances) {
        let mut block = (wish - distance, *weight, 1);
        while let Some(last) = blocks.last().copied()
            && last.0 > block.0
        {
            blocks.pop();
            let weight = last.1 + block.1;
            let value = (last.0 * last.1 + block.0 * block.1) / weight;
            block = (value, weight, last.2 + block.2);
        }
        blocks.push(block);
    }
    let values = blocks
        .iter()
        .flat_map(|(value, _, count)| std::iter::repeat_n(*value, *count));
    values
        .zip(distances)
        .map(|(value, distance)| value + distance)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: Spacing = Spacing {
        height: 20.0,
        rows: 10.0,
        columns: 40.0,
        margin: 5.0,
    };

    fn overlap(placed: &Placed, widths: &[f64]) -> Option<(usize, usize)> {
        let apart = |a: usize, b: usize| {
            let (p, q) = (placed.nodes[a], placed.nodes[b]);
            p.x + widths[a] <= q.x + 0.01
                || q.x + widths[b] <= p.x + 0.01
                || (p.y - q.y).abs() >= SPACING.height - 0.01
        };
        let pairs = (0..widths.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        pairs.into_iter().find(|(a, b)| !apart(*a, *b))
    }

    #[test]
    fn a_chain_is_a_straight_line() {
        let placed = arrange(&[50.0; 3], &[(0, 1), (1, 2)], SPACING);
        assert_eq!(placed.nodes[0], Point { x: 5.0, y: 5.0 });
        assert_eq!(placed.nodes[2], Point { x: 185.0, y: 5.0 });
        assert_eq!((placed.width, placed.height), (240.0, 30.0));
        let ends = [Point { x: 55.0, y: 15.0 }, Point { x: 95.0, y: 15.0 }];
        assert_eq!(placed.edges[0], ends);
    }

    #[test]
    fn what_needs_is_left_of_what_is_needed() {
        let edges = [(0, 1), (0, 2), (2, 1), (1, 3), (4, 3)];
        let placed = arrange(&[60.0; 5], &edges, SPACING);
        for (from, to) in edges {
            assert!(placed.nodes[from].x < placed.nodes[to].x, "{from} {to}");
        }
        // What nothing leads to stands close to what it leads to.
        assert_eq!(placed.nodes[4].x, placed.nodes[1].x);
        assert_eq!(overlap(&placed, &[60.0; 5]), None);
    }

    #[test]
    fn circles_and_lonely_boxes_have_places() {
        let edges = [(0, 1), (1, 2), (2, 0), (3, 3)];
        let widths = [50.0, 50.0, 50.0, 50.0, 80.0];
        let placed = arrange(&widths, &edges, SPACING);
        assert_eq!(overlap(&placed, &widths), None);
        assert_eq!(placed.edges.len(), edges.len());
        assert!(placed.nodes[4].y > placed.nodes[0].y);
        // The edge that closes the circle still starts where it starts.
        let back = placed.edges[2].first().unwrap();
        assert!((back.x - placed.nodes[2].x).abs() < 51.0, "{back:?}");
        assert!(arrange(&[], &[], SPACING).nodes.is_empty());
    }

    #[test]
    fn large_graphs_stay_within_reason() {
        // Pseudo-random, always the same.
        let mut seed = 7_u64;
        let mut edges = Vec::new();
        for to in 1..300_usize {
            for _ in 0..3 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let from = usize::try_from(seed >> 33).unwrap() % to;
                edges.push((from, to));
            }
        }
        let widths = vec![120.0; 300];
        let placed = arrange(&widths, &edges, SPACING);
        assert_eq!(overlap(&placed, &widths), None);
        assert!(placed.height < 20_000.0, "{}", placed.height);
        let again = arrange(&widths, &edges, SPACING);
        assert_eq!(placed.nodes, again.nodes);
    }

    #[test]
    fn neighbours_that_push_each_other_settle_in_between() {
        let distances = [0.0, 10.0, 20.0];
        let far = settle(&[(0.0, 1.0), (50.0, 1.0), (90.0, 1.0)], &distances);
        assert_eq!(far, [0.0, 50.0, 90.0]);
        let near = settle(&[(5.0, 1.0), (5.0, 1.0), (5.0, 1.0)], &distances);
        assert_eq!(near, [-5.0, 5.0, 15.0]);
    }
}
