{{/* One job as it will be, as JSON: `defaults`, with what the job says. Mappings are merged one level deep; all else
     is replaced, also by false, 0 and "", for which sprig's merge functions would keep the default. */}}
{{- define "pg-xcopy.job" -}}
{{- /* A key with nothing below it is null, and Helm removes a default that is null; without these nothing would hold. */ -}}
{{- $job := dict "enabled" true "kind" "CronJob" "timeZone" "Etc/UTC" "concurrencyPolicy" "Forbid" "suspend" false -}}
{{- $_ := merge $job (dict "terminationGracePeriodSeconds" 60 "validate" true "env" dict "podLabels" dict) -}}
{{- range list "patterns" "extraArgs" "secretFiles" "extraVolumes" "extraVolumeMounts" }}{{ $_ := set $job . list }}{{ end -}}
{{- range $name, $value := deepCopy (default dict .root.Values.defaults) }}{{ $_ := set $job $name $value }}{{ end -}}
{{- range $name, $value := index .root.Values.jobs .key -}}
{{- $default := get $job $name -}}
{{- if and (kindIs "map" $value) (kindIs "map" $default) -}}
{{- range $inner, $said := $value -}}
{{- if kindIs "invalid" $said }}{{ $_ := unset $default $inner }}{{ else }}{{ $_ := set $default $inner $said }}{{ end -}}
{{- end -}}
{{- else -}}
{{- $_ := set $job $name $value -}}
{{- end -}}
{{- end -}}
{{- $job | toJson -}}
{{- end }}

{{/* The key of the manifest in its ConfigMap or Secret, and the name of its file: it ends with .py where it is Python. */}}
{{- define "pg-xcopy.manifestkey" -}}
{{- default "jobs.yaml" (default dict .existingManifest).key -}}
{{- end }}

{{- define "pg-xcopy.manifestpath" -}}
/etc/pg-xcopy/{{ include "pg-xcopy.manifestkey" . }}
{{- end }}

{{/* All environment variables, by name, as JSON; a job's own `env` goes before what the chart sets. */}}
{{- define "pg-xcopy.env" -}}
{{- $env := dict "HOME" "/tmp" -}}
{{- with .job.logFormat }}{{ $_ := set $env "PG_XCOPY_LOG_FORMAT" . }}{{ end -}}
{{- if .job.failOnWarnings }}{{ $_ := set $env "PG_XCOPY_FAIL_ON_WARNINGS" "true" }}{{ end -}}
{{- with .root.Values.metrics.pushgateway -}}
{{- if .url }}{{ $_ := set $env "PG_XCOPY_PUSHGATEWAY" .url }}{{ end -}}
{{- if .urlFrom }}{{ $_ := set $env "PG_XCOPY_PUSHGATEWAY" .urlFrom }}{{ end -}}
{{- end -}}
{{- range $name, $value := .job.env }}{{ $_ := set $env $name $value }}{{ end -}}
{{- $env | toJson -}}
{{- end }}

{{/* Everything below spec of a Job, for a Job and for the Jobs of a CronJob. */}}
{{- define "pg-xcopy.jobspec" -}}
backoffLimit: {{ .job.backoffLimit | int64 }}
{{- with .job.activeDeadlineSeconds }}
activeDeadlineSeconds: {{ . | int64 }}
{{- end }}
{{- if not (kindIs "invalid" .job.ttlSecondsAfterFinished) }}
ttlSecondsAfterFinished: {{ .job.ttlSecondsAfterFinished | int64 }}
{{- end }}
podFailurePolicy:
  rules:
    # A node that was drained under the run is no failure of it.
    - action: Ignore
      onPodConditions: [{type: DisruptionTarget, status: "True"}]
    # 2: the manifest is wrong; 3: done, with warnings that count as failure. Another try would end the same.
    # The empty list is there because the published schema of Kubernetes up to 1.28 demands one.
    - action: FailJob
      onExitCodes: {operator: In, values: [2, 3]}
      onPodConditions: []
template:
  {{- include "pg-xcopy.pod" (dict "root" .root "key" .key "job" .job "run" true) | nindent 2 }}
{{- end }}
