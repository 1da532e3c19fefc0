//! Files of configuration, with a fault and without.

use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::verify::{Folder, Knowledge, rules, verify};

/// The codes of what is found in files, in their order.
fn found(files: &[(&str, &str)]) -> Vec<&'static str> {
    let files = files.iter().map(|(path, text)| Artefact::new(*path, *text));
    let findings = verify(&Folder::of(files), &Knowledge::new());
    findings.iter().map(|finding| finding.code()).collect()
}

#[test]
fn every_code_is_unique_and_explained() {
    let rules = rules();
    for pair in rules.windows(2) {
        assert!(pair[0].code < pair[1].code, "{}", pair[1].code);
    }
    for rule in rules {
        assert!(rule.summary.ends_with('.'), "{}", rule.code);
        let is_kebab = rule
            .code
            .chars()
            .all(|c| c.is_ascii_lowercase() || c == '-' || c == '8');
        assert!(is_kebab, "{}", rule.code);
    }
}

/// Prometheus: what is wrong with it, its jobs and the rest.
const PROMETHEUS: &[(&[&str], &str)] = &[
    (&[], "scrape_configs: []\n"),
    (
        &["unknown-key"],
        "global:\n  scrape_intervall: 15s\nscrape_configs: []\n",
    ),
    (
        &["unknown-key"],
        "scrape_configs:\n  - job_name: a\n    static_config: [{targets: ['a:1']}]\n",
    ),
    (
        &["bad-duration"],
        "global:\n  scrape_interval: 15 seconds\nscrape_configs: []\n",
    ),
    (
        &["timeout-above-interval"],
        "scrape_configs:\n  - job_name: a\n    scrape_interval: 5s\n    scrape_timeout: 10s\n",
    ),
    (
        &["duplicate-job"],
        "scrape_configs:\n  - job_name: a\n  - job_name: a\n",
    ),
    (
        &["no-rule-file"],
        "rule_files: [rules/*.yml]\nscrape_configs: []\n",
    ),
    (
        &["inline-secret"],
        "scrape_configs:\n  - job_name: a\n    basic_auth: {username: u, password: p}\n",
    ),
    (
        &[],
        "scrape_configs:\n  - job_name: a\n    basic_auth: {username: u, password_file: p}\n",
    ),
    (
        &["public-target"],
        "scrape_configs:\n  - job_name: a\n    static_configs: [{targets: ['203.0.113.7:80']}]\n",
    ),
    (
        &[],
        "scrape_configs:\n  - job_name: a\n    static_configs: [{targets: ['10.0.0.7:80', 'a.example.org:80']}]\n",
    ),
    (
        &["database-port"],
        "scrape_configs:\n  - job_name: a\n    static_configs: [{targets: ['db:5432']}]\n",
    ),
    (
        &[],
        "scrape_configs:\n  - job_name: a\n    static_configs: [{targets: ['postgres-exporter:9187']}]\n",
    ),
];

#[test]
fn what_prometheus_is_told_is_judged() {
    for (expected, text) in PROMETHEUS {
        assert_eq!(found(&[("prometheus.yml", text)]), *expected, "{text}");
    }
}

#[test]
fn jobs_and_services_belong_together() {
    let compose = |more: &str| {
        let service = |name: &str, image: &str| {
            format!(
                "  {name}:\n    image: {image}\n    restart: always\n    mem_limit: 1g\n    \
                 healthcheck: {{test: [CMD, /check]}}\n"
            )
        };
        format!(
            "services:\n{}{}{more}",
            service("prometheus", "prom/prometheus:v3.5.0"),
            service("shop", "shop:1"),
        )
    };
    let jobs = |hosts: &[&str]| {
        let jobs = hosts.iter().map(|host| {
            let name = host.split(':').next().unwrap();
            format!("  - job_name: {name}\n    static_configs: [{{targets: ['{host}']}}]\n")
        });
        format!("scrape_configs:\n{}", jobs.collect::<String>())
    };
    let judged = |hosts: &[&str], more: &str| {
        found(&[
            ("compose.yml", &compose(more)),
            ("prometheus.yml", &jobs(hosts)),
        ])
    };
    assert_eq!(judged(&["prometheus:9090", "shop:80"], ""), [""; 0]);
    assert_eq!(judged(&["localhost:9090", "shop:80"], ""), [""; 0]);
    assert_eq!(judged(&["shop:80"], ""), ["unwatched-monitoring"]);
    assert_eq!(
        judged(&["prometheus:9090", "shop:80", "shopp:80"], ""),
        ["no-such-service"]
    );
    assert_eq!(judged(&["prometheus:9091", "shop:80"], ""), ["other-port"]);
    // Services that others run are not missed where none of ours is scraped.
    assert_eq!(judged(&["prometheus:9090", "elsewhere:80"], ""), [""; 0]);
    let redis = "  redis-exporter:\n    image: oliver006/redis_exporter:v1.62.0\n    restart: always\n    \
                 mem_limit: 1g\n    healthcheck: {test: [CMD, /check]}\n";
    assert_eq!(
        judged(&["prometheus:9090", "shop:80"], redis),
        ["unscraped-exporter"]
    );
    assert_eq!(
        judged(
            &["prometheus:9090", "shop:80", "redis-exporter:9121"],
            redis
        ),
        [""; 0]
    );
}

/// The rest of a file that has nothing else wrong.
fn alertmanager(routes: &str, receivers: &str) -> String {
    format!(
        "route:\n  receiver: team\n{routes}receivers:\n  - name: team\n    webhook_configs: [{{url: \
         'http://a:1/'}}]\n{receivers}inhibit_rules:\n  - source_matchers: ['severity=\"critical\"']\n    \
         target_matchers: ['severity=\"warning\"']\n    equal: [alertname]\n"
    )
}

#[test]
fn what_alertmanager_is_told_is_judged() {
    let other = "  - name: other\n    webhook_configs: [{url: 'http://b:1/'}]\n";
    let to_other = "  routes:\n    - {receiver: other, matchers: ['a=\"b\"']}\n";
    let mail = |more: &str| format!("  - name: other\n    email_configs: [{{to: a@b.c{more}}}]\n");
    for (expected, routes, receivers) in [
        (&[][..], "", String::new()),
        (
            &["short-group-interval"],
            "  group_interval: 10s\n",
            String::new(),
        ),
        (&["bad-duration"], "  group_wait: ten\n", String::new()),
        (&["unknown-key"], "  group_bye: [a]\n", String::new()),
        (&["unused-receiver"], "", other.to_owned()),
        (&[], to_other, other.to_owned()),
        (&["undefined-receiver"], to_other, String::new()),
        (
            &["empty-receiver"],
            to_other,
            "  - name: other\n".to_owned(),
        ),
        (
            &["undefined-receiver", "empty-receiver"],
            "  routes:\n    - {receiver: othr, matchers: [c=d]}\n    - {receiver: other, matchers: [a=b]}\n",
            "  - name: other\n".to_owned(),
        ),
        (
            &[],
            "  routes:\n    - {receiver: 'null'}\n",
            "  - name: 'null'\n".to_owned(),
        ),
        (
            &["deprecated-match"],
            "  routes:\n    - {receiver: team, match: {a: b}}\n",
            String::new(),
        ),
        (&["no-resolved"], to_other, mail("")),
        (&[], to_other, mail(", send_resolved: true")),
        (
            &["unknown-key"],
            to_other,
            mail(", send_resolved: true, subject: x"),
        ),
        (
            &["inline-secret"],
            to_other,
            mail(", send_resolved: true, auth_password: x"),
        ),
        (
            &["unexpanded-variable"],
            to_other,
            mail(", send_resolved: true, from: '${FROM}'"),
        ),
        (
            &[],
            to_other,
            mail(", send_resolved: true, text: '{{ range .Alerts }}{{ .Labels.a }}{{ end }}'"),
        ),
        (
            &["unreachable-route"],
            "  routes:\n    - {receiver: other, matchers: ['a=~\"b|c\"']}\n    \
             - {receiver: team, matchers: ['a=\"b\"', 'd=\"e\"']}\n",
            other.to_owned(),
        ),
        (
            &[],
            "  routes:\n    - {receiver: other, matchers: ['a=\"b\"'], continue: true}\n    \
             - {receiver: team, matchers: ['a=\"b\"']}\n",
            other.to_owned(),
        ),
    ] {
        let text = alertmanager(routes, &receivers);
        let mut codes = found(&[("alertmanager.yml", &text)]);
        let mut expected = expected.to_vec();
        codes.sort_unstable();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{text}");
    }
}

#[test]
fn containers_are_judged() {
    let service = |more: &str| {
        format!(
            "services:\n  web:\n    image: web:1.2\n    restart: unless-stopped\n    mem_limit: 1g\n    \
             healthcheck: {{test: [CMD, /check]}}\n{more}"
        )
    };
    for (expected, more) in [
        (&[][..], ""),
        (&[], "    ports: ['127.0.0.1:80:80', '8080']\n"),
        (&["published-port"], "    ports: ['80:80']\n"),
        (&["published-port"], "    ports: ['0.0.0.0:80:80/tcp']\n"),
        (
            &["published-port"],
            "    ports: [{target: 80, published: 80}]\n",
        ),
        (&[], "    ports: ['${BIND:-127.0.0.1}:80:80']\n"),
        (
            &["default-password"],
            "    environment: {DB_PASSWORD: hunter2}\n",
        ),
        (
            &["default-password"],
            "    environment: ['DB_PASSWORD=${P:-admin}']\n",
        ),
        (
            &[],
            "    environment: {DB_PASSWORD: '${P:?set it}', DB_PASSWORD_FILE: /run/p}\n",
        ),
        (
            &["default-password"],
            "    environment: {DSN: 'postgres://u:p@db/x'}\n",
        ),
        (&["depends-without-condition"], "    depends_on: [db]\n"),
        (&[], "    depends_on: {db: {condition: service_healthy}}\n"),
        (
            &["unescaped-dollar"],
            "    command: ['--exclude=^/(a)($|/)']\n",
        ),
        (
            &[],
            "    command: ['--exclude=^/(a)($$|/)', '${A}', '$B']\n",
        ),
        (
            &["hidden-mount"],
            "    volumes: ['./a:/etc/x', './b:/etc/x']\n",
        ),
        (
            &["hidden-mount"],
            "    volumes: ['./a:/etc/x', './b:/etc/x/y']\n",
        ),
        (
            &[],
            "    volumes: ['./a:/etc/x', './a/y:/etc/x/y', 'data:/data', './b:/etc/x/y.yml']\n",
        ),
    ] {
        let text = service(more);
        assert_eq!(found(&[("compose.yml", &text)]), expected, "{text}");
    }
    for (expected, text) in [
        (&["image-tag"][..], service("").replace("web:1.2", "web")),
        (
            &["image-tag"],
            service("").replace("web:1.2", "registry.example.org:5000/web:latest"),
        ),
        (&[], service("").replace("web:1.2", "web@sha256:0123")),
        (&[], service("").replace("web:1.2", "web:${VERSION:?}")),
        (
            &["frozen-image"],
            service("").replace("web:1.2", "gcr.io/cadvisor/cadvisor:v0.49.1"),
        ),
        (
            &["no-restart"],
            service("").replace("    restart: unless-stopped\n", ""),
        ),
        (
            &["no-memory-limit"],
            service("").replace("    mem_limit: 1g\n", ""),
        ),
        (
            &["no-healthcheck"],
            service("").replace("    healthcheck: {test: [CMD, /check]}\n", ""),
        ),
        (
            &["healthcheck-tool"],
            service("")
                .replace("[CMD, /check]", "curl -f http://localhost:9090/-/ready")
                .replace("web:1.2", "prom/prometheus:v3.5.0"),
        ),
        (
            &[],
            service("")
                .replace(
                    "[CMD, /check]",
                    "wget -q --spider http://localhost:9090/-/ready",
                )
                .replace("web:1.2", "prom/prometheus:v3.5.0"),
        ),
    ] {
        assert_eq!(found(&[("compose.yml", &text)]), expected, "{text}");
    }
}

#[test]
fn dashboards_are_judged() {
    let dashboard = |panel: &str| {
        format!(
            "{{\"uid\": \"a\", \"title\": \"A\", \"schemaVersion\": 39, \"panels\": [{panel}]}}"
        )
    };
    let unit = "\"fieldConfig\": {\"defaults\": {\"unit\": \"short\"}}";
    let target = "\"targets\": [{\"expr\": \"up\"}]";
    let wrong = "\"targets\": [{\"expr\": \"rate(up[5m])\"}]";
    for (expected, panel) in [
        (
            &[][..],
            format!("{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", {unit}, {target}}}"),
        ),
        (
            &["panel-without-unit"],
            format!("{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", {target}}}"),
        ),
        (
            &["panel-without-title"],
            format!("{{\"id\": 1, \"type\": \"stat\", {unit}, {target}}}"),
        ),
        (
            &["angular-plugin"],
            format!("{{\"id\": 1, \"type\": \"graph\", \"title\": \"A\", {unit}, {target}}}"),
        ),
        (
            &["rate-of-gauge"],
            format!("{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", {unit}, {wrong}}}"),
        ),
        // Panels of collapsed rows are judged too.
        (
            &["rate-of-gauge"],
            format!(
                "{{\"id\": 2, \"type\": \"row\", \"panels\": [{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", {unit}, {wrong}}}]}}"
            ),
        ),
        (
            &["duplicate-panel-id"],
            format!(
                "{{\"id\": 1, \"type\": \"row\", \"panels\": [{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", {unit}, {target}}}]}}"
            ),
        ),
        (
            &["fixed-datasource"],
            format!(
                "{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", \"datasource\": {{\"uid\": \"x\"}}, {unit}, {target}}}"
            ),
        ),
        (
            &[],
            format!(
                "{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", \"datasource\": {{\"uid\": \"${{datasource}}\"}}, {unit}, {target}}}"
            ),
        ),
        // What another data source is asked is another language.
        (
            &[],
            format!(
                "{{\"id\": 1, \"type\": \"stat\", \"title\": \"A\", \"datasource\": {{\"type\": \"loki\", \"uid\": \"$l\"}}, {unit}, \"targets\": [{{\"expr\": \"{{a=\\\"b\\\"}} |= `x`\"}}]}}"
            ),
        ),
    ] {
        assert_eq!(
            found(&[("a.json", &dashboard(&panel))]),
            expected,
            "{panel}"
        );
    }
    let one = dashboard("");
    assert_eq!(
        found(&[("a.json", &one), ("b.json", &one)]),
        ["duplicate-uid"]
    );
    let variable = |query: &str| {
        format!(
            "{{\"title\": \"A\", \"schemaVersion\": 39, \"panels\": [], \"templating\": {{\"list\": \
             [{{\"name\": \"job\", \"type\": \"query\", \"query\": \"{query}\"}}]}}}}"
        )
    };
    assert_eq!(
        found(&[("a.json", &variable("label_values(up, job)"))]),
        [""; 0]
    );
    assert_eq!(
        found(&[("a.json", &variable("label_values(up, jop)"))]),
        ["unknown-label"]
    );
    assert_eq!(
        found(&[("a.json", &variable("label_values(job)"))]),
        [""; 0]
    );
}

#[test]
fn rules_are_judged() {
    let alert = |more: &str| {
        format!(
            "groups:\n  - name: a\n    rules:\n      - {{alert: Watchdog, expr: vector(1), labels: \
             {{severity: none}}, annotations: {{summary: a, runbook_url: b}}}}\n      \
             - {{alert: A, expr: 'scrape_duration_seconds > 9', {more}}}\n"
        )
    };
    let fine = "for: 5m, labels: {severity: warning}, annotations: {summary: a, runbook_url: b}";
    for (expected, more) in [
        (&[][..], fine.to_owned()),
        (&["for-zero"], fine.replace("5m", "0s")),
        (&["bad-duration"], fine.replace("5m", "5min")),
        (&["unknown-key"], fine.replace("for:", "fore:")),
        (&["missing-severity"], fine.replace("severity", "level")),
        (&["unknown-severity"], fine.replace("warning", "warn")),
        (&["missing-summary"], fine.replace("summary", "words")),
        (&["missing-runbook"], fine.replace("runbook_url", "words")),
        (
            &[],
            fine.replace("summary: a", "summary: '{{ $labels.job }} {{ $value }}s'"),
        ),
        (
            &["template-label"],
            fine.replace("summary: a", "summary: '{{ $labels.host }}'"),
        ),
        (
            &["template-syntax"],
            fine.replace("summary: a", "summary: '{{ $value }'"),
        ),
    ] {
        assert_eq!(found(&[("r.yml", &alert(&more))]), expected, "{more}");
    }
    let asleep = alert(fine).replace(
        "alert: Watchdog, expr: vector(1)",
        "alert: B, expr: 'up > 1'",
    );
    assert_eq!(found(&[("r.yml", &asleep)])[..1], ["no-watchdog"]);
    let rules = alert(fine);
    let doubled = format!("{rules}{}", rules.lines().last().unwrap());
    assert_eq!(found(&[("r.yml", &doubled)]), ["duplicate-alert"]);
}

#[test]
fn scripts_are_judged() {
    for (expected, script) in [
        (
            &[][..],
            "if curl -sf http://a:1/ > /dev/null; then echo well; fi\n",
        ),
        (
            &["curl-without-fail"],
            "if curl -s http://a:1/ > /dev/null; then echo well; fi\n",
        ),
        (&[], "curl -s http://a:1/metrics | grep up\n"),
        (&[], "# docker ps | grep -q name\n"),
        (
            &["container-by-grep"],
            "if docker ps | grep -q name; then echo well; fi\n",
        ),
        (
            &["removes-tsdb"],
            "docker exec p rm -rf /prometheus/data/*\n",
        ),
        (&[], "rm -rf ./target\n"),
        (
            &["removed-api"],
            "curl http://localhost:9093/api/v1/status\n",
        ),
        (&[], "curl http://localhost:9090/api/v1/targets\n"),
        (&["unquoted-heredoc"], "cat > x <<EOF\na$$b\nEOF\n"),
        (&[], "cat > x <<'EOF'\na$$b\nEOF\n"),
        (&["old-compose"], "docker-compose up -d\n"),
        (&[], "docker compose -f docker-compose.yml up -d\n"),
        (&["secret-in-command"], "curl -u admin:x http://a:1/\n"),
        (&[], "curl -u \"$USER:$PASSWORD\" http://a:1/\n"),
    ] {
        assert_eq!(found(&[("run.sh", script)]), expected, "{script}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    assert_eq!(
        found(&[("prometheus.yml", "a: [1\nb: 2\n")]),
        ["unreadable"]
    );
    assert_eq!(found(&[("a.json", "{\"panels\": [")]), ["unreadable"]);
    // Templates of others are no YAML yet.
    assert_eq!(
        found(&[("chart.yml", "a: {{ .Values.b }}\n{{- if c }}\n")]),
        [""; 0]
    );
    assert_eq!(found(&[("package.json", "{\"name\": ")]), [""; 0]);
}
