//! Where the answers to a question lead.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Node, TooComplex, Work};
use crate::version::Version;

/// The answers to a question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::marker) enum Edges {
    /// One more child than cuts; neighbours differ.
    Versions {
        cuts: Box<[Cut]>,
        children: Box<[Node]>,
    },
    /// Sorted texts, none leading where every other text leads.
    Texts {
        points: Box<[(Arc<str>, Node)]>,
        other: Node,
    },
    /// Yes and no; they differ.
    Flag { yes: Node, no: Node },
}

/// A place between versions: before or after one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::marker) struct Cut {
    pub(in crate::marker) version: Version,
    pub(in crate::marker) after: bool,
}

impl Cut {
    pub(in crate::marker) fn before(version: Version) -> Self {
        Self {
            version,
            after: false,
        }
    }

    pub(in crate::marker) fn after(version: Version) -> Self {
        Self {
            version,
            after: true,
        }
    }

    /// Tells whether a version lies behind the cut.
    pub(in crate::marker) fn is_passed_by(&self, version: &Version) -> bool {
        match self.version.cmp(version) {
            Ordering::Less => true,
            Ordering::Equal => !self.after,
            Ordering::Greater => false,
        }
    }
}

impl Edges {
    /// Iterates over where the answers lead.
    pub(in crate::marker) fn children(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match self {
            Self::Versions { children, .. } => Box::new(children.iter()),
            Self::Texts { points, other } => {
                Box::new(points.iter().map(|(_, child)| child).chain([other]))
            }
            Self::Flag { yes, no } => Box::new([yes, no].into_iter()),
        }
    }

    /// Where all answers lead, joined by `or`.
    pub(in crate::marker) fn any(&self, work: &mut Work) -> Result<Node, TooComplex> {
        self.children()
            .try_fold(Node::False, |all, child| all.or(child, work))
    }

    pub(in crate::marker) fn map(
        &self,
        change: &mut dyn FnMut(&Node) -> Result<Node, TooComplex>,
    ) -> Result<Self, TooComplex> {
        Ok(match self {
            Self::Versions { cuts, children } => Self::Versions {
                cuts: cuts.clone(),
                children: children.iter().map(change).collect::<Result<_, _>>()?,
            },
            Self::Texts { points, other } => {
                let point = |(text, child): &(Arc<str>, Node)| Ok((text.clone(), change(child)?));
                Self::Texts {
                    points: points
                        .iter()
                        .map(point)
                        .collect::<Result<_, TooComplex>>()?,
                    other: change(other)?,
                }
            }
            Self::Flag { yes, no } => Self::Flag {
                yes: change(yes)?,
                no: change(no)?,
            },
        })
    }

    /// Joins answers that lead to the same place; `Err` is the place to which all lead.
    pub(super) fn reduced(self) -> Result<Self, Node> {
        match self {
            Self::Versions { cuts, children } => {
                let mut kept_cuts = Vec::with_capacity(cuts.len());
                let mut kept: Vec<Node> = Vec::with_capacity(children.len());
                let cuts = std::iter::once(None).chain(cuts.into_iter().map(Some));
                for (cut, child) in cuts.zip(children) {
                    if kept.last() == Some(&child) {
                        continue;
                    }
                    kept_cuts.extend(cut);
                    kept.push(child);
                }
                match (kept_cuts.is_empty(), kept.pop()) {
                    (true, Some(only)) => Err(only),
                    (_, last) => {
                        kept.extend(last);
                        Ok(Self::Versions {
                            cuts: kept_cuts.into(),
                            children: kept.into(),
                        })
                    }
                }
            }
            Self::Texts { points, other } => {
                let mut points = points.into_vec();
                points.retain(|(_, child)| *child != other);
                if points.is_empty() {
                    return Err(other);
                }
                Ok(Self::Texts {
                    points: points.into(),
                    other,
                })
            }
            Self::Flag { yes, no } if yes == no => Err(yes),
            flag @ Self::Flag { .. } => Ok(flag),
        }
    }

    /// Where a text leads.
    pub(in crate::marker) fn at_text<'a>(
        points: &'a [(Arc<str>, Node)],
        other: &'a Node,
        text: &str,
    ) -> &'a Node {
        match points.binary_search_by(|(point, _)| (**point).cmp(text)) {
            Ok(at) => &points[at].1,
            Err(_) => other,
        }
    }

    /// The answers of two nodes of one axis, paired and joined.
    pub(in crate::marker) fn zip(
        &self,
        other: &Self,
        join: &mut dyn FnMut(&Node, &Node) -> Result<Node, TooComplex>,
    ) -> Result<Self, TooComplex> {
        match (self, other) {
            (
                Self::Versions { cuts, children },
                Self::Versions {
                    cuts: other_cuts,
                    children: other_children,
                },
            ) => zip_versions((cuts, children), (other_cuts, other_children), join),
            (
                Self::Texts { points, other },
                Self::Texts {
                    points: other_points,
                    other: other_rest,
                },
            ) => {
                let mut texts: Vec<&Arc<str>> = points
                    .iter()
                    .chain(other_points)
                    .map(|(text, _)| text)
                    .collect();
                texts.sort_unstable();
                texts.dedup();
                let mut made = Vec::with_capacity(texts.len());
                for text in texts {
                    let a = Self::at_text(points, other, text);
                    let b = Self::at_text(other_points, other_rest, text);
                    made.push((text.clone(), join(a, b)?));
                }
                Ok(Self::Texts {
                    points: made.into(),
                    other: join(other, other_rest)?,
                })
            }
            (
                Self::Flag { yes, no },
                Self::Flag {
                    yes: b_yes,
                    no: b_no,
                },
            ) => Ok(Self::Flag {
                yes: join(yes, b_yes)?,
                no: join(no, b_no)?,
            }),
            // One axis has one kind of answers.
            _ => Err(TooComplex),
        }
    }
}

fn zip_versions(
    (cuts, children): (&[Cut], &[Node]),
    (other_cuts, other_children): (&[Cut], &[Node]),
    join: &mut dyn FnMut(&Node, &Node) -> Result<Node, TooComplex>,
) -> Result<Edges, TooComplex> {
    let (mut i, mut j) = (0, 0);
    let mut made_cuts = Vec::with_capacity(cuts.len() + other_cuts.len());
    let mut made = Vec::with_capacity(cuts.len() + other_cuts.len() + 1);
    loop {
        made.push(join(&children[i], &other_children[j])?);
        let order = match (cuts.get(i), other_cuts.get(j)) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        made_cuts.push(
            if order.is_gt() {
                &other_cuts[j]
            } else {
                &cuts[i]
            }
            .clone(),
        );
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    Ok(Edges::Versions {
        cuts: made_cuts.into(),
        children: made.into(),
    })
}
