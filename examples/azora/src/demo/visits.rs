//! What the visitors of the demo do, request by request.

use std::{io, sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;
use visitor::{
    client::{self, Request, Response},
    random::Random,
};

use super::Visitor;

/// The password of all learners of the demo.
const PASSWORD: &str = "correct horse";

/// What courses cost, and how many lessons they have.
const COURSES: [(&str, usize); 4] = [
    ("rust-from-zero", 5),
    ("sql-by-example", 4),
    ("japanese-signs", 3),
    ("arabic-on-the-phone", 3),
];

impl Visitor {
    async fn send(&self, request: Request) -> io::Result<Response> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let response = request.send(self.addr).await?;
        if response.status >= 400 {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        Ok(response)
    }

    async fn get(&self, path: &str, token: &str) -> io::Result<Response> {
        self.send(Request::new("GET", path).token(token)).await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> io::Result<Response> {
        self.send(Request::new("POST", path).token(token).json(body))
            .await
    }

    /// Makes an account, and gives its address.
    async fn register(&self) -> io::Result<String> {
        let number = self.users.fetch_add(1, Ordering::Relaxed);
        let email = format!("learner{number}.{:x}@example.org", self.run);
        let user = json!({ "email": email, "name": "A Learner", "password": PASSWORD });
        self.send(Request::new("POST", "/users").json(&user))
            .await?;
        Ok(email)
    }

    /// Logs in, and gives the token.
    async fn log_in(&self, email: &str) -> io::Result<String> {
        let login = json!({ "email": email, "password": PASSWORD });
        let login = self.send(Request::new("POST", "/sessions").json(&login));
        let token = login.await?.json()["token"].as_str().map(str::to_owned);
        token.ok_or_else(|| io::Error::other("there is no token"))
    }

    async fn newcomer(&self) -> io::Result<String> {
        let email = self.register().await?;
        self.log_in(&email).await
    }

    /// Pays for something, and gives the number of the payment.
    async fn pay(&self, token: &str, key: &str, order: &Value) -> io::Result<Option<i64>> {
        let request = Request::new("POST", "/payments").token(token).key(key);
        let paid = self.send(request.json(order)).await?;
        Ok(paid.json()["payment"]["id"].as_i64())
    }

    pub(super) async fn learn(&self, random: &mut Random, is_impatient: bool) -> io::Result<()> {
        let token = self.newcomer().await?;
        self.send(Request::new("GET", "/courses")).await?;
        let (course, lessons) = *random.pick(&COURSES);
        let methods = ["card", "card", "card", "wallet", "bank_transfer"];
        let source = random.pick(&["tok_ok", "tok_ok", "tok_ok", "tok_slow"]);
        let mut order = json!({ "method": random.pick(&methods), "source": source });
        match random.below(3) {
            0 => {
                order["plan"] = json!(random.pick(&["pro", "pro", "team"]));
                order["currency"] = json!(random.pick(&["EUR", "USD", "JPY", "KWD"]));
            }
            _ => order["course"] = json!(course),
        }
        let key = format!("{:016x}", random.bits());
        if is_impatient {
            let (first, second) = tokio::join!(
                self.pay(&token, &key, &order),
                self.pay(&token, &key, &order)
            );
            first.and(second)?;
        } else {
            self.pay(&token, &key, &order).await?;
        }
        let enrolment = format!("/courses/{course}/enrolment");
        self.post(&enrolment, &token, &json!({})).await?;
        for lesson in 1..=1 + random.below(lessons) {
            let path = format!("/courses/{course}/lessons/{lesson}");
            self.post(&path, &token, &json!({})).await?;
            sleep(Duration::from_millis(200 + random.below(1500) as u64)).await;
            let minutes = json!({ "minutes": 5 + random.below(40) });
            let done = Request::new("PUT", &path).token(&token).json(&minutes);
            self.send(done).await?;
        }
        self.get(&format!("/courses/{course}/progress"), &token)
            .await?;
        let logout = Request::new("DELETE", "/sessions/current").token(&token);
        self.send(logout).await.map(drop)
    }

    pub(super) async fn unlucky(&self, random: &mut Random) -> io::Result<()> {
        let token = self.newcomer().await?;
        let sources = [
            "tok_insufficient_funds",
            "tok_insufficient_funds",
            "tok_card_declined",
            "tok_fraud",
            "tok_expired",
            "tok_authentication",
            "tok_invalid",
            "tok_limit",
            "tok_error",
            "tok_unreachable",
            "tok_timeout",
        ];
        for _ in 0..1 + random.below(2) {
            let (course, _) = random.pick(&COURSES);
            let order = json!({ "course": course, "source": random.pick(&sources) });
            self.pay(&token, &format!("{:016x}", random.bits()), &order)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn refund(&self, random: &mut Random) -> io::Result<()> {
        let token = self.newcomer().await?;
        let source = random.pick(&["tok_ok", "tok_ok", "tok_no_refund"]);
        let order = json!({ "course": "rust-from-zero", "source": source });
        let Some(payment) = self.pay(&token, "course", &order).await? else {
            return Ok(());
        };
        let path = format!("/payments/{payment}/refunds");
        let amounts = [json!({}), json!({ "minor_units": 1500 })];
        for (number, amount) in amounts.iter().enumerate().skip(random.below(2)) {
            let request = Request::new("POST", &path).token(&token);
            self.send(request.key(&number.to_string()).json(amount))
                .await?;
        }
        self.get("/payments", &token).await.map(drop)
    }

    pub(super) async fn charge_back(&self, random: &mut Random) -> io::Result<()> {
        let token = self.newcomer().await?;
        let order = json!({ "plan": "pro", "source": "tok_ok" });
        let Some(payment) = self.pay(&token, "plan", &order).await? else {
            return Ok(());
        };
        let reasons = ["fraud", "not_received", "not_as_described", "cancelled"];
        let report = json!({ "payment": payment, "reason": random.pick(&reasons) });
        let request = Request::new("POST", "/provider/chargebacks").token(&self.provider_key.0);
        self.send(request.json(&report)).await?;
        self.get("/users/me", &token).await.map(drop)
    }

    pub(super) async fn cheat(&self, random: &mut Random) -> io::Result<()> {
        let token = self.newcomer().await?;
        let lesson = "/courses/fractions/lessons/1";
        let minutes = json!({ "minutes": 3 });
        if random.below(2) == 0 {
            let path = "/courses/japanese-signs/enrolment";
            self.post(path, &token, &json!({})).await?;
            let path = "/courses/string-quartet/enrolment";
            self.post(path, &token, &json!({})).await?;
        }
        for _ in 0..2 {
            let path = "/courses/fractions/enrolment";
            self.post(path, &token, &json!({})).await?;
        }
        let done = Request::new("PUT", lesson).token(&token).json(&minutes);
        self.send(done.clone()).await?;
        self.post(lesson, &token, &json!({})).await?;
        self.send(done.clone()).await?;
        self.send(done).await.map(drop)
    }

    pub(super) async fn guess(&self) -> io::Result<()> {
        let email = self.register().await?;
        for guess in 0..7 {
            let login = json!({ "email": email, "password": format!("password{guess}") });
            self.send(Request::new("POST", "/sessions").json(&login))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn mistake(&self, random: &mut Random) -> io::Result<()> {
        let request = match random.below(7) {
            0 => Request::new("POST", "/users").body("{\"email\":"),
            1 => Request::new("POST", "/users").json(&json!({ "email": 5 })),
            2 => {
                let user = json!({ "email": "a@b.example", "name": "A", "password": "short" });
                Request::new("POST", "/users").json(&user)
            }
            3 => Request::new("GET", "/payments"),
            4 => Request::new("GET", "/users/me").token("azora_expired"),
            5 => Request::new("BREW", "/courses"),
            _ => Request::new("POST", "/users").body(vec![b' '; 40_000]),
        };
        self.send(request).await.map(drop)
    }

    pub(super) async fn scan(&self, random: &mut Random) -> io::Result<()> {
        let paths = [
            "/.env",
            "/wp-login.php",
            "/admin/",
            "/.git/config",
            "/courses/%27%20OR%201=1",
            "/cgi-bin/test.cgi",
        ];
        for _ in 0..1 + random.below(4) {
            let path = match random.below(3) {
                0 => format!("/{:08x}/{}", random.bits() as u32, random.below(1000)),
                _ => (*random.pick(&paths)).to_owned(),
            };
            self.send(Request::new("GET", &path)).await?;
        }
        Ok(())
    }

    pub(super) async fn hurry(&self) -> io::Result<()> {
        let token = self.newcomer().await?;
        for _ in 0..60 {
            self.get("/users/me", &token).await?;
        }
        Ok(())
    }

    pub(super) async fn hang_up(&self, random: &mut Random) -> io::Result<()> {
        let request = match random.below(2) {
            0 => b"GET /courses/rust-fr".to_vec(),
            _ => {
                let token = self.newcomer().await?;
                let order = json!({ "plan": "pro", "source": "tok_ok" });
                let request = Request::new("POST", "/payments").token(&token);
                request.key("plan").json(&order).bytes()
            }
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        client::hang_up(self.addr, &request, 0).await.map(drop)
    }

    pub(super) async fn regret(&self) -> io::Result<()> {
        let token = self.newcomer().await?;
        for password in ["wrong horse", PASSWORD] {
            let request = Request::new("DELETE", "/users/me").token(&token);
            self.send(request.json(&json!({ "password": password })))
                .await?;
        }
        Ok(())
    }
}
