{{/* The pod of a job, metadata and spec: runs its manifest where .run is true, else only validates it. */}}
{{- define "pg-xcopy.pod" -}}
metadata:
  labels:
    {{- include "pg-xcopy.podlabels" . | nindent 4 }}
  annotations:
    {{- include "pg-xcopy.podannotations" . | nindent 4 }}
spec:
  {{- include "pg-xcopy.podspec" . | nindent 2 }}
{{- end }}

{{/* No label of a chart's version: a one-off Job would be another with each. */}}
{{- define "pg-xcopy.podlabels" -}}
{{- $ours := merge (include "pg-xcopy.selector" .root | fromYaml) (include "pg-xcopy.joblabel" . | fromYaml) -}}
{{- merge $ours .job.podLabels (default dict .root.Values.commonLabels) | toYaml -}}
{{- end }}

{{- define "pg-xcopy.podannotations" -}}
pg-xcopy/job: {{ .key | quote }}
{{- with .job.manifest }}
checksum/manifest: {{ sha256sum . }}
{{- end }}
{{- with .job.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "pg-xcopy.podspec" -}}
restartPolicy: Never
serviceAccountName: {{ include "pg-xcopy.serviceaccount" .root | quote }}
automountServiceAccountToken: {{ .root.Values.serviceAccount.automountToken }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .job.terminationGracePeriodSeconds | int64 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $name := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "runtimeClassName" }}
{{- with get $.job $name }}
{{ dict $name . | toYaml }}
{{- end }}
{{- end }}
{{- with .job.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $validate := list "validate" (include "pg-xcopy.manifestpath" .job) }}
{{- if .run }}
{{- if .job.validate }}
initContainers:
  {{- include "pg-xcopy.container" (merge (dict "name" "validate" "args" $validate) .) | nindent 2 }}
{{- end }}
containers:
  {{- $run := concat (list "run" (include "pg-xcopy.manifestpath" .job)) .job.extraArgs (list "--") .job.patterns }}
  {{- include "pg-xcopy.container" (merge (dict "name" "pg-xcopy" "args" (ternary $run (initial $run) (not (empty .job.patterns)))) .) | nindent 2 }}
{{- else }}
containers:
  {{- include "pg-xcopy.container" (merge (dict "name" "validate" "args" $validate) .) | nindent 2 }}
{{- end }}
volumes:
  {{- include "pg-xcopy.volumes" . | nindent 2 }}
{{- end }}

{{- define "pg-xcopy.container" -}}
- name: {{ .name }}
  image: {{ include "pg-xcopy.image" .root | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  # So that `kubectl describe pod` shows why a run failed, too.
  terminationMessagePolicy: FallbackToLogsOnError
  args:
    {{- toYaml .args | nindent 4 }}
  env:
    {{- range $name, $value := include "pg-xcopy.env" . | fromJson }}
    - name: {{ $name | quote }}
      {{- if kindIs "map" $value }}
      valueFrom:
        {{- default $value $value.valueFrom | toYaml | nindent 8 }}
      {{- else }}
      value: {{ $value | quote }}
      {{- end }}
    {{- end }}
  {{- with .job.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .job.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .job.containerSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - {name: manifest, mountPath: /etc/pg-xcopy, readOnly: true}
    - {name: tmp, mountPath: /tmp}
    {{- range $number, $file := .job.secretFiles }}
    - name: secret-{{ $number }}
      mountPath: {{ $file.mountPath | quote }}
      readOnly: true
    {{- end }}
    {{- with .job.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "pg-xcopy.volumes" -}}
- name: manifest
{{- $existing := default dict .job.existingManifest }}
{{- $items := list (dict "key" (include "pg-xcopy.manifestkey" .job) "path" (include "pg-xcopy.manifestkey" .job)) }}
{{- if $existing.secret }}
  secret:
    secretName: {{ $existing.secret | quote }}
    items:
      {{- toYaml $items | nindent 6 }}
{{- else }}
  configMap:
    name: {{ default (include "pg-xcopy.jobname" .) $existing.configMap | quote }}
    items:
      {{- toYaml $items | nindent 6 }}
{{- end }}
- name: tmp
  emptyDir:
    {{- with .job.tmpSizeLimit }}
    sizeLimit: {{ . | quote }}
    {{- else }} {}
    {{- end }}
{{- range $number, $file := .job.secretFiles }}
- name: secret-{{ $number }}
  secret:
    secretName: {{ $file.secret | quote }}
    # Readable for the group that fsGroup names, and for nobody else.
    defaultMode: {{ default 0o440 $file.defaultMode | int64 }}
    {{- with $file.items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- with .job.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
