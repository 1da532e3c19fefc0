//! What notifications say.

/// Templates of Alertmanager, for all receivers.
pub(super) const TEMPLATES: &str = r#"{{/* What notifications say.
Made by `vitalsigns generate`: what is to be otherwise belongs into the description of the system. */}}

{{ define "vitalsigns.title" -}}
[{{ if eq .Status "firing" }}{{ or .CommonLabels.severity "alert" | toUpper }}{{ if gt (len .Alerts.Firing) 1 }} {{ len .Alerts.Firing }}x{{ end }}{{ else }}RESOLVED{{ end }}] {{ .CommonLabels.alertname }}{{ with .CommonLabels.job }} of {{ . }}{{ end }}{{ with .CommonLabels.system }} in {{ . }}{{ end }}
{{- end }}

{{ define "vitalsigns.color" -}}
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else if eq .CommonLabels.severity "warning" }}warning{{ else }}#439fe0{{ end }}
{{- end }}

{{ define "vitalsigns.alert" -}}
{{ if .Annotations.summary }}{{ .Annotations.summary }}{{ else }}{{ .Labels.alertname }}{{ end }}
{{ with .Annotations.description }}{{ . }}
{{ end -}}
{{ with .Annotations.runbook_url }}What to do: {{ . }}
{{ end -}}
Labels:{{ range .Labels.SortedPairs }} {{ .Name }}={{ .Value }}{{ end }}
Since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ if eq .Status "resolved" }}, until {{ .EndsAt.UTC.Format "15:04:05" }}{{ end }}
{{ end }}

{{ define "vitalsigns.text" -}}
{{ range .Alerts.Firing }}{{ template "vitalsigns.alert" . }}
{{ end -}}
{{ with .Alerts.Resolved }}Over:
{{ range . }}{{ template "vitalsigns.alert" . }}
{{ end }}{{ end -}}
{{ end }}

{{ define "vitalsigns.html" -}}
<pre style="white-space: pre-wrap">{{ template "vitalsigns.text" . }}</pre>
{{- end }}
"#;
