{{/* Names and labels. A CronJob's name may have 52 characters, because its Jobs' names get 11 more. */}}

{{- define "pg-xcopy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* A release's name may have dots, which the name of a Job should not have. */}}
{{- define "pg-xcopy.fullname" -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- $name := include "pg-xcopy.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name $release -}}
{{- $release | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $release $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* A text as part of a name: as it is, or made suitable, with a checksum, so that two texts never become one. */}}
{{- define "pg-xcopy.slug" -}}
{{- $slug := regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trimAll "-" -}}
{{- if eq $slug . -}}
{{- $slug -}}
{{- else -}}
{{- list ($slug | trunc 30 | trimSuffix "-") (sha256sum . | trunc 8) | compact | join "-" -}}
{{- end -}}
{{- end }}

{{/* At most .most characters of .text; a text that is cut ends with its checksum. */}}
{{- define "pg-xcopy.fitted" -}}
{{- if le (len .text) (int .most) -}}
{{- .text -}}
{{- else -}}
{{- printf "%s-%s" (.text | trunc (sub (int .most) 9 | int) | trimSuffix "-") (sha256sum .text | trunc 8) -}}
{{- end -}}
{{- end }}

{{/* The name of a job's objects; takes (dict "root" $ "key" name). */}}
{{- define "pg-xcopy.jobname" -}}
{{- $whole := printf "%s-%s" (include "pg-xcopy.fullname" .root) (include "pg-xcopy.slug" .key) -}}
{{- include "pg-xcopy.fitted" (dict "text" $whole "most" 52) -}}
{{- end }}

{{- define "pg-xcopy.serviceaccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "pg-xcopy.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What stays the same when the chart's version changes. */}}
{{- define "pg-xcopy.selector" -}}
app.kubernetes.io/name: {{ include "pg-xcopy.name" . | quote }}
app.kubernetes.io/instance: {{ include "pg-xcopy.fitted" (dict "text" .Release.Name "most" 63) | quote }}
{{- end }}

{{- define "pg-xcopy.labels" -}}
{{- $ours := dict
      "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
      "app.kubernetes.io/version" (.Chart.AppVersion | replace "+" "_" | trunc 63)
      "app.kubernetes.io/managed-by" .Release.Service -}}
{{- merge (include "pg-xcopy.selector" . | fromYaml) $ours (default dict .Values.commonLabels) | toYaml -}}
{{- end }}

{{- define "pg-xcopy.joblabel" -}}
app.kubernetes.io/component: {{ include "pg-xcopy.fitted" (dict "text" (include "pg-xcopy.slug" .key) "most" 63) | quote }}
{{- end }}
