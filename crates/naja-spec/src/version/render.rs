//! The normal form of a version as text.

use std::fmt;

use super::repr::Version;

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.width().is_none() && f.precision().is_none() {
            return self.write(f);
        }
        let mut text = String::new();
        self.write(&mut text)?;
        f.pad(&text)
    }
}

impl Version {
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        if self.epoch() != 0 {
            write!(f, "{}!", self.epoch())?;
        }
        for (at, number) in self.release().iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write!(f, "{number}")?;
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
