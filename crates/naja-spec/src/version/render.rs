//! The normal form of a version as text.

use std::fmt;

use super::repr::Version;

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.width().is_some() || f.precision().is_some() {
            return f.pad(&format!("{self}"));
        }
        if self.epoch() != 0 {
            write!(f, "{}!", self.epoch())?;
        }
        for (at, number) in self.release().iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            fmt::Display::fmt(number, f)?;
        }
        if let Some(pre) = self.pre() {
            write!(f, "{}{}", pre.kind.as_str(), pre.number)?;
        }
        if let Some(post) = self.post() {
            write!(f, ".post{post}")?;
        }
        if let Some(dev) = self.dev() {
            write!(f, ".dev{dev}")?;
        }
        if let Some(local) = self.local() {
            write!(f, "+{local}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
