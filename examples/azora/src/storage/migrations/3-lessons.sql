CREATE TABLE courses (
    slug     TEXT PRIMARY KEY,
    title    TEXT NOT NULL,
    subject  TEXT NOT NULL,
    currency TEXT NOT NULL,
    price    INTEGER NOT NULL CHECK (price >= 0),
    places   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lessons (
    course   TEXT NOT NULL REFERENCES courses,
    position INTEGER NOT NULL,
    title    TEXT NOT NULL,
    PRIMARY KEY (course, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolments (
    user_id    INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    course     TEXT NOT NULL REFERENCES courses,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, course)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolments_course ON enrolments (course);

CREATE TABLE completions (
    user_id      INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    course       TEXT NOT NULL,
    position     INTEGER NOT NULL,
    minutes      INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 600),
    completed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, course, position),
    FOREIGN KEY (course, position) REFERENCES lessons
) STRICT, WITHOUT ROWID;
