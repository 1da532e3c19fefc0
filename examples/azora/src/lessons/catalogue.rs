//! The courses that there are.

use vitalsigns::{LabelValue, families::payments::Currency};

use crate::{
    metrics::Subject,
    storage::{Session, StorageError},
};

/// A course on offer.
struct Course {
    slug: &'static str,
    title: &'static str,
    subject: Subject,
    currency: Currency,
    price: i64,
    places: i64,
    lessons: &'static [&'static str],
}

const COURSES: [Course; 6] = [
    Course {
        slug: "rust-from-zero",
        title: "Rust from zero",
        subject: Subject::Programming,
        currency: Currency::EUR,
        price: 4900,
        places: 1_000_000,
        lessons: &["Values", "Ownership", "Borrowing", "Traits", "Errors"],
    },
    Course {
        slug: "sql-by-example",
        title: "SQL by example",
        subject: Subject::Programming,
        currency: Currency::USD,
        price: 2950,
        places: 1_000_000,
        lessons: &["Select", "Join", "Group", "Transactions"],
    },
    Course {
        slug: "japanese-signs",
        title: "Japanese signs",
        subject: Subject::Languages,
        currency: Currency::JPY,
        price: 3800,
        places: 1_000_000,
        lessons: &["Hiragana", "Katakana", "A hundred kanji"],
    },
    Course {
        slug: "arabic-on-the-phone",
        title: "Arabic on the phone",
        subject: Subject::Languages,
        currency: Currency::KWD,
        price: 7500,
        places: 1_000_000,
        lessons: &["Greetings", "Numbers", "Appointments"],
    },
    Course {
        slug: "fractions",
        title: "Fractions without fear",
        subject: Subject::Mathematics,
        currency: Currency::EUR,
        price: 0,
        places: 1_000_000,
        lessons: &["Halves", "Thirds", "Adding them"],
    },
    Course {
        slug: "string-quartet",
        title: "String quartet, in person",
        subject: Subject::Music,
        currency: Currency::EUR,
        price: 0,
        places: 4,
        lessons: &["Tuning", "Listening"],
    },
];

/// Has the database offer these courses; those that it has keep their learners.
pub(super) fn offer(db: &Session<'_>) -> Result<(), StorageError> {
    for course in &COURSES {
        let sql = "INSERT INTO courses (slug, title, subject, currency, price, places)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (slug) DO UPDATE SET title = ?2, subject = ?3, currency = ?4,
                       price = ?5, places = ?6";
        let (subject, currency) = (course.subject.as_label(), course.currency.code());
        let (slug, title) = (course.slug, course.title);
        db.execute(
            sql,
            (slug, title, subject, currency, course.price, course.places),
        )?;
        for (position, title) in (1_i64..).zip(course.lessons) {
            let sql = "INSERT INTO lessons (course, position, title) VALUES (?1, ?2, ?3)
                       ON CONFLICT (course, position) DO UPDATE SET title = ?3";
            db.execute(sql, (slug, position, title))?;
        }
    }
    Ok(())
}
