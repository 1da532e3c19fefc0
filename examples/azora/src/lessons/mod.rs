//! Courses: what there is, who is enrolled, and how far they are.

mod catalogue;
mod held;

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use vitalsigns::{
    LabelValue,
    families::{Learning, learning::Enrolment},
};

use crate::{
    error::ApiError,
    metrics::{Plan, Subject},
    storage::{Session, Storage, StorageError},
    time::now,
    users::Account,
};
use held::Held;

/// The longest lesson, in minutes.
const MOST_MINUTES: u32 = 600;

/// The body of `PUT /courses/{course}/lessons/{lesson}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completion {
    minutes: u32,
}

/// The service that teaches.
#[derive(Debug)]
pub struct Lessons {
    storage: Arc<Storage>,
    metrics: Learning<Subject>,
    held: Held,
}

/// What has to be known of a course to let somebody in.
struct Course {
    subject: Subject,
    price: i64,
    places: i64,
}

impl Lessons {
    /// Gets ready, and offers the courses.
    pub async fn start(
        storage: Arc<Storage>,
        metrics: Learning<Subject>,
    ) -> Result<Self, StorageError> {
        storage.write(catalogue::offer).await?;
        Ok(Self {
            storage,
            metrics,
            held: Held::default(),
        })
    }

    /// Gives up the lessons that have begun too long ago.
    pub fn sweep(&self) {
        self.held.sweep();
    }

    /// All courses.
    pub async fn list(&self) -> Result<Value, ApiError> {
        let courses = self
            .storage
            .read(|db| {
                let sql = "SELECT slug, title, subject, currency, price FROM courses ORDER BY slug";
                db.all(sql, [], |row| {
                    Ok(json!({
                        "course": row.get::<_, String>(0)?,
                        "title": row.get::<_, String>(1)?,
                        "subject": row.get::<_, String>(2)?,
                        "currency": row.get::<_, String>(3)?,
                        "minor_units": row.get::<_, i64>(4)?,
                    }))
                })
            })
            .await
            .map_err(|error: StorageError| ApiError::from(error))?;
        Ok(json!({ "courses": courses }))
    }

    /// One course with its lessons.
    pub async fn show(&self, course: String) -> Result<Value, ApiError> {
        self.storage
            .read(move |db| {
                find(db, &course)?;
                let sql = "SELECT position, title FROM lessons WHERE course = ?1 ORDER BY position";
                let lessons = db.all(sql, [&course], |row| {
                    let (position, title) = (row.get::<_, i64>(0)?, row.get::<_, String>(1)?);
                    Ok(json!({ "lesson": position, "title": title }))
                })?;
                Ok(json!({ "course": course, "lessons": lessons }))
            })
            .await
    }

    /// Lets somebody into a course, if there is a place and it is paid for.
    pub async fn enrol(&self, account: Account, course: String) -> Result<Value, ApiError> {
        let (slug, asked) = (course.clone(), course);
        // A course that there is not has no subject, so that nothing is counted.
        let course = self.storage.read(move |db| find(db, &slug)).await?;
        let (subject, slug) = (course.subject, asked.clone());
        let result = self
            .storage
            .write(move |db| enrol(db, account, &course, &slug))
            .await;
        let outcome = match &result {
            Ok(()) => Enrolment::Success,
            Err(error) => match error.code() {
                "already_enrolled" => Enrolment::Duplicate,
                "course_full" => Enrolment::Full,
                "not_paid" => Enrolment::NotEligible,
                _ => Enrolment::Failed,
            },
        };
        self.metrics.enrolled(subject, outcome);
        result.map(|()| json!({ "course": asked, "enrolled": true }))
    }

    /// A lesson begins. It is one that the service holds until it is completed.
    pub async fn begin(
        &self,
        account: Account,
        course: String,
        lesson: i64,
    ) -> Result<Value, ApiError> {
        let slug = course.clone();
        let subject = self
            .storage
            .read(move |db| {
                let subject = may_learn(db, account, &slug, lesson)?;
                if completed(db, account, &slug, lesson)? {
                    return Err(already_completed());
                }
                Ok(subject)
            })
            .await?;
        let key = (account.id, course, lesson);
        let begun = self.held.begin(key, || self.metrics.lesson(subject));
        begun.ok_or_else(ApiError::busy)?;
        Ok(json!({ "lesson": lesson, "state": "begun" }))
    }

    /// A lesson that has begun is completed, once.
    pub async fn complete(
        &self,
        account: Account,
        course: String,
        lesson: i64,
        completion: Completion,
    ) -> Result<Value, ApiError> {
        let minutes = completion.minutes;
        if !(1..=MOST_MINUTES).contains(&minutes) {
            let message = format!("a lesson takes 1 to {MOST_MINUTES} minutes");
            return Err(ApiError::invalid("invalid_minutes", message));
        }
        let key = (account.id, course.clone(), lesson);
        let has_begun = self.held.has(&key);
        let (subject, progress) = self
            .storage
            .write(move |db| {
                let subject = may_learn(db, account, &course, lesson)?;
                if completed(db, account, &course, lesson)? {
                    return Err(already_completed());
                }
                if !has_begun {
                    let message = "this lesson has not begun: POST to it first";
                    return Err(ApiError::new(409, "lesson_not_begun", message));
                }
                let sql = "INSERT INTO completions
                               (user_id, course, position, minutes, completed_at)
                           VALUES (?1, ?2, ?3, ?4, ?5)";
                db.execute(sql, (account.id, &course, lesson, minutes, now()))?;
                Ok((subject, progress(db, account, &course)?))
            })
            .await?;
        let lesson = self.held.end(&key);
        // One that was given up in between is one all the same: it is in the database.
        let lesson = lesson.unwrap_or_else(|| self.metrics.lesson(subject));
        lesson.completed();
        let time = Duration::from_secs(u64::from(minutes) * 60);
        self.metrics.engaged(subject, time);
        Ok(progress)
    }

    /// How far an account is in a course.
    pub async fn progress(&self, account: Account, course: String) -> Result<Value, ApiError> {
        self.storage
            .read(move |db| {
                find(db, &course)?;
                progress(db, account, &course)
            })
            .await
    }
}

fn find(db: &Session<'_>, slug: &str) -> Result<Course, ApiError> {
    let sql = "SELECT subject, price, places FROM courses WHERE slug = ?1";
    let course = db.one(sql, [slug], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
    })?;
    let unknown = || ApiError::new(404, "unknown_course", "there is no such course");
    let (subject, price, places) = course.ok_or_else(unknown)?;
    let subject = Subject::from_label(&subject).ok_or_else(ApiError::internal)?;
    Ok(Course {
        subject,
        price,
        places,
    })
}

fn enrol(db: &Session<'_>, account: Account, course: &Course, slug: &str) -> Result<(), ApiError> {
    if is_enrolled(db, account, slug)? {
        return Err(ApiError::new(
            409,
            "already_enrolled",
            "you are in this course already",
        ));
    }
    check_paid(db, account, course, slug)?;
    let sql = "SELECT count(*) FROM enrolments WHERE course = ?1";
    if db.number(sql, [slug])? >= course.places {
        let message = "this course has no place left";
        return Err(ApiError::new(409, "course_full", message));
    }
    let sql = "INSERT INTO enrolments (user_id, course, created_at)
               SELECT id, ?2, ?3 FROM users WHERE id = ?1";
    if db.execute(sql, (account.id, slug, now()))? == 0 {
        return Err(crate::users::no_account());
    }
    Ok(())
}

fn is_enrolled(db: &Session<'_>, account: Account, slug: &str) -> Result<bool, StorageError> {
    let sql = "SELECT count(*) FROM enrolments WHERE user_id = ?1 AND course = ?2";
    Ok(db.number(sql, (account.id, slug))? > 0)
}

/// A course is paid for if it costs nothing, by a plan, or by a payment of which something is left.
fn check_paid(
    db: &Session<'_>,
    account: Account,
    course: &Course,
    slug: &str,
) -> Result<(), ApiError> {
    if course.price == 0 {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM users WHERE id = ?1 AND plan <> ?2";
    if db.number(sql, (account.id, Plan::Free.as_label()))? > 0 {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM payments
               WHERE user_id = ?1 AND kind = 'course' AND item = ?2
                   AND state = 'authorised' AND chargeback IS NULL
                   AND amount > (SELECT coalesce(sum(amount), 0) FROM refunds
                                 WHERE payment_id = payments.id AND state = 'refunded')";
    if db.number(sql, (account.id, slug))? > 0 {
        return Ok(());
    }
    let message = "this course is to be paid for first, by itself or by a plan";
    Err(ApiError::new(402, "not_paid", message))
}

fn may_learn(
    db: &Session<'_>,
    account: Account,
    slug: &str,
    lesson: i64,
) -> Result<Subject, ApiError> {
    let course = find(db, slug)?;
    let sql = "SELECT count(*) FROM lessons WHERE course = ?1 AND position = ?2";
    if db.number(sql, (slug, lesson))? == 0 {
        return Err(unknown_lesson());
    }
    if !is_enrolled(db, account, slug)? {
        return Err(ApiError::new(
            403,
            "not_enrolled",
            "enrol in this course first",
        ));
    }
    check_paid(db, account, &course, slug)?;
    Ok(course.subject)
}

fn completed(
    db: &Session<'_>,
    account: Account,
    slug: &str,
    lesson: i64,
) -> Result<bool, StorageError> {
    let sql = "SELECT count(*) FROM completions
               WHERE user_id = ?1 AND course = ?2 AND position = ?3";
    Ok(db.number(sql, (account.id, slug, lesson))? > 0)
}

fn progress(db: &Session<'_>, account: Account, slug: &str) -> Result<Value, ApiError> {
    let sql = "SELECT count(*), coalesce(sum(minutes), 0) FROM completions
               WHERE user_id = ?1 AND course = ?2";
    let done = db.one(sql, (account.id, slug), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let (done, minutes): (i64, i64) = done.unwrap_or_default();
    let lessons = db.number("SELECT count(*) FROM lessons WHERE course = ?1", [slug])?;
    Ok(json!({
        "course": slug,
        "enrolled": is_enrolled(db, account, slug)?,
        "lessons": lessons,
        "completed": done,
        "minutes": minutes,
        "finished": done >= lessons,
    }))
}

/// A lesson that the course does not have.
pub(crate) fn unknown_lesson() -> ApiError {
    ApiError::new(404, "unknown_lesson", "there is no such lesson")
}

fn already_completed() -> ApiError {
    ApiError::new(409, "already_completed", "this lesson is completed already")
}
