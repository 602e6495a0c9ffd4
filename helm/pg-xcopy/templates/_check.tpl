{{/* What values.schema.json can't say: each mistake is a sentence with its place, and all of them are told at once. */}}

{{- define "pg-xcopy.check" -}}
{{- $problems := include "pg-xcopy.problems" . | trim -}}
{{- if $problems -}}
{{- fail (printf "\n\n%s\n" $problems) -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.problems" -}}
{{- $empty := list -}}
{{- range list "image" "serviceAccount" "networkPolicy" "metrics" }}{{ if not (get $.Values .) }}{{ $empty = append $empty . }}{{ end }}{{ end -}}
{{- range $empty }}
{{ . }}: there is nothing below it; remove the key, and its defaults hold.
{{- else -}}
{{- include "pg-xcopy.problems.values" $ -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.problems.values" -}}
{{- range $key := keys (default dict .Values.jobs) | sortAlpha -}}
{{- $job := include "pg-xcopy.job" (dict "root" $ "key" $key) | fromJson -}}
{{- $about := dict "root" $ "key" $key "job" $job "at" (printf "jobs.%s" $key) -}}
{{- if has $key (list "true" "false") }}
jobs.{{ $key }}: Helm reads y, n, yes, no, on and off as true and false; put the name of the job in quotes.
{{- end -}}
{{- if $job.enabled -}}
{{- include "pg-xcopy.problems.kind" $about -}}
{{- include "pg-xcopy.problems.manifest" $about -}}
{{- include "pg-xcopy.problems.env" $about -}}
{{- include "pg-xcopy.problems.volumes" $about -}}
{{- end -}}
{{- end -}}
{{- with .Values.metrics.pushgateway -}}
{{- if and .url .urlFrom }}
metrics.pushgateway: there are both url and urlFrom; give one of them.
{{- end -}}
{{- if regexMatch (include "pg-xcopy.password" .) .url }}
metrics.pushgateway.url: it has a password in it, for all to read; take it from a Secret with urlFrom.
{{- end -}}
{{- if and .serviceMonitor.enabled (not .serviceMonitor.selector) }}
metrics.pushgateway.serviceMonitor: it is enabled without a selector; give the labels of the Pushgateway's Service.
{{- end -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.problems.kind" -}}
{{- if and (eq .job.kind "CronJob") (not .job.schedule) }}
{{ .at }}: a CronJob needs a schedule, such as "0 2 * * *"; a job that runs once has kind: Job.
{{- end -}}
{{- if and (eq .job.kind "CronJob") .job.schedule (not (regexMatch "^(@[a-z]+( \\S+)?|\\S+( +\\S+){4})$" .job.schedule)) }}
{{ .at }}.schedule: {{ .job.schedule | quote }} is none; expected five fields, as in "0 2 * * *", or @daily and the like.
{{- end -}}
{{- if and (eq .job.kind "Job") (get (index .root.Values.jobs .key) "schedule") }}
{{ .at }}: a Job runs once, and has no schedule; remove it, or set kind: CronJob.
{{- end -}}
{{- end }}

{{- define "pg-xcopy.problems.manifest" -}}
{{- $existing := default dict .job.existingManifest -}}
{{- if and .job.manifest $existing }}
{{ .at }}: there are both manifest and existingManifest; give one of them.
{{- else if $existing -}}
{{- if eq (empty $existing.configMap) (empty $existing.secret) }}
{{ .at }}.existingManifest: name either a configMap or a secret.
{{- end -}}
{{- else if not .job.manifest }}
{{ .at }}: there is no manifest; give its text as manifest, or name a ConfigMap or Secret as existingManifest.
{{- else if not (kindIs "string" .job.manifest) }}
{{ .at }}.manifest: it must be text, so write `manifest: |` above it; Helm would round its large numbers, and a filter would keep other rows.
{{- else -}}
{{- include "pg-xcopy.problems.text" . -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.problems.text" -}}
{{- $parsed := .job.manifest | fromYaml -}}
{{- if hasKey $parsed "Error" }}
{{ .at }}.manifest: it is not a mapping in YAML: {{ $parsed.Error | replace "\n" " " }}.
{{- else -}}
{{- if .job.validate -}}
{{- $schema := .root.Files.Get "files/manifest.schema.json" | fromJson -}}
{{- include "pg-xcopy.against" (dict "schema" $schema "value" $parsed "at" (printf "%s.manifest" .at) "defs" (get $schema "$defs")) -}}
{{- end -}}
{{- include "pg-xcopy.problems.references" (merge (dict "text" (toJson $parsed)) .) -}}
{{- end -}}
{{- end }}

{{/* What the manifest's variables and files refer to; not looked into are envFrom and what a volume contains. */}}
{{- define "pg-xcopy.problems.references" -}}
{{- $env := include "pg-xcopy.env" . | fromJson -}}
{{- $mounts := list "/tmp/" -}}
{{- range concat .job.secretFiles .job.extraVolumeMounts -}}
{{- $mounts = append $mounts .mountPath -}}
{{- end -}}
{{- range regexFindAll "\\$\\{[^}]*\\}" (.text | replace "$${" "") -1 | uniq -}}
{{- $body := . | trimPrefix "${" | trimSuffix "}" -}}
{{- if regexMatch "^[A-Za-z_][A-Za-z0-9_]*(:\\?.*)?$" $body -}}
{{- $name := regexFind "^[A-Za-z0-9_]+" $body -}}
{{- if not (or (hasKey $env $name) $.job.envFrom) }}
{{ $.at }}: the manifest refers to {{ printf "${%s}" $name }}, which is not there; add {{ $name }} to env, or a Secret that has it to envFrom.
{{- end -}}
{{- else if hasPrefix "file:/" $body -}}
{{- $path := trimPrefix "file:" $body -}}
{{- $found := false -}}
{{- range $mounts -}}
{{- if or (eq $path .) (hasPrefix (printf "%s/" (trimSuffix "/" .)) $path) }}{{ $found = true }}{{ end -}}
{{- end -}}
{{- if not $found }}
{{ $.at }}: the manifest refers to the file {{ $path }}, and nothing is mounted there; add its Secret to secretFiles.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* A ConfigMap, a CronJob and Helm's own record of a release are read by more people than a Secret is. */}}
{{- define "pg-xcopy.problems.env" -}}
{{- $password := include "pg-xcopy.password" . -}}
{{- range $name, $value := .job.env -}}
{{- if and (kindIs "string" $value) (regexMatch $password $value) }}
{{ $.at }}.env.{{ $name }}: it has a password in it, for all to read; take it from a Secret with secretKeyRef.
{{- end -}}
{{- end -}}
{{- if and (kindIs "string" .job.manifest) (regexMatch $password (default "" .job.manifest)) }}
{{ .at }}.manifest: it has a password in it, for all to read; write ${VARIABLE} there, and take that from a Secret in env.
{{- end -}}
{{- end }}

{{/* What a URL with a password looks like; one that comes from a ${VARIABLE} is none. */}}
{{- define "pg-xcopy.password" -}}
://[^:/@\s$]*:[^@/\s$]+@
{{- end }}

{{- define "pg-xcopy.problems.volumes" -}}
{{- $names := list "manifest" "tmp" -}}
{{- range $number, $_ := .job.secretFiles }}{{ $names = append $names (printf "secret-%d" $number) }}{{ end -}}
{{- range .job.extraVolumes -}}
{{- if has .name $names }}
{{ $.at }}.extraVolumes: the name {{ .name | quote }} is taken; choose another.
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- range .job.extraVolumeMounts -}}
{{- if not (has .name $names) }}
{{ $.at }}.extraVolumeMounts: there is no volume {{ .name | quote }}; add it to extraVolumes.
{{- end -}}
{{- end -}}
{{- end }}
