{{/* A manifest against its JSON Schema: Helm applies values.schema.json to values only, and a manifest is a text in them.
     Here are the keywords that schemas/pg-xcopy.schema.json uses; a test holds this against a JSON Schema validator.
     Each define takes (dict "schema" … "value" … "at" its path "defs" all definitions), and gives a line for each
     problem. */}}

{{- define "pg-xcopy.against" -}}
{{- $schema := .schema -}}
{{- if kindIs "bool" $schema -}}
{{- if not $schema }}
{{ .at }}: nothing may stand here.
{{- end -}}
{{- else -}}
{{- with get $schema "$ref" -}}
{{- include "pg-xcopy.against" (dict "schema" (index $.defs (trimPrefix "#/$defs/" .)) "value" $.value "at" $.at "defs" $.defs) -}}
{{- end -}}
{{- $type := include "pg-xcopy.type" .value -}}
{{- $wanted := include "pg-xcopy.wanted" (dict "schema" $schema) -}}
{{- $allowed := list -}}
{{- with $schema.type }}{{ $allowed = kindIs "slice" . | ternary . (list .) }}{{ end -}}
{{- if and $allowed (not (has $type $allowed)) (not (and (eq $type "integer") (has "number" $allowed))) (not (and (eq $type "boolean") (has "string" $allowed))) }}
{{ .at }}: this is {{ include "pg-xcopy.article" $type }}; expected {{ $wanted }}.
{{- else -}}
{{- include "pg-xcopy.against.scalar" (dict "schema" $schema "value" .value "at" .at "type" $type) -}}
{{- if kindIs "map" .value }}{{ include "pg-xcopy.against.map" . }}{{ end -}}
{{- if kindIs "slice" .value }}{{ include "pg-xcopy.against.list" . }}{{ end -}}
{{- include "pg-xcopy.against.choice" . -}}
{{- include "pg-xcopy.against.condition" . -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.type" -}}
{{- if kindIs "invalid" . -}}null
{{- else if kindIs "map" . -}}object
{{- else if kindIs "slice" . -}}array
{{- else if kindIs "bool" . -}}boolean
{{- else if kindIs "string" . -}}string
{{- else if eq (float64 .) (floor .) -}}integer
{{- else -}}number
{{- end -}}
{{- end }}

{{- define "pg-xcopy.article" -}}
{{- get (dict "object" "a mapping" "array" "a list" "integer" "an integer" "null" "empty") . | default (printf "a %s" .) -}}
{{- end }}

{{/* What a schema would take, in words. */}}
{{- define "pg-xcopy.wanted" -}}
{{- $words := list -}}
{{- with get .schema "$ref" }}{{ $words = append $words "a mapping" }}{{ end -}}
{{- range kindIs "slice" .schema.type | ternary .schema.type (list .schema.type) | compact -}}
{{- $words = append $words (include "pg-xcopy.article" .) -}}
{{- end -}}
{{- range concat (default list .schema.anyOf) (default list .schema.oneOf) -}}
{{- if not (eq (default "" .pattern) "^\\s*\\$\\{.*\\}\\s*$") -}}
{{- $words = concat $words (include "pg-xcopy.wanted" (dict "schema" .) | splitList " or ") -}}
{{- end -}}
{{- end -}}
{{- without ($words | uniq) "" "empty" | join " or " -}}
{{- end }}

{{- define "pg-xcopy.against.scalar" -}}
{{- if and (hasKey .schema "enum") (not (has .value .schema.enum)) }}
{{ .at }}: this is {{ toJson .value }}; expected {{ .schema.enum | join ", " }}.
{{- end -}}
{{- if kindIs "string" .value -}}
{{- if and .schema.pattern (not (regexMatch .schema.pattern .value)) }}
{{ .at }}: {{ toRawJson .value }} is not what may stand here.
{{- end -}}
{{- if lt (len .value) (default 0 .schema.minLength | int) }}
{{ .at }}: there is a text with nothing in it.
{{- end -}}
{{- end -}}
{{- if has .type (list "integer" "number") -}}
{{- $below := and (hasKey .schema "minimum") (lt (float64 .value) (float64 .schema.minimum)) -}}
{{- $under := and (hasKey .schema "exclusiveMinimum") (le (float64 .value) (float64 .schema.exclusiveMinimum)) -}}
{{- $above := and (hasKey .schema "maximum") (gt (float64 .value) (float64 .schema.maximum)) -}}
{{- if or $below $under $above }}
{{ .at }}: {{ toJson .value }} is too {{ ternary "large" "small" $above }}.
{{- end -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.against.map" -}}
{{- $known := default dict .schema.properties -}}
{{- range default list .schema.required -}}
{{- if not (hasKey $.value .) }}
{{ $.at }}: the key {{ . | quote }} is missing.
{{- end -}}
{{- end -}}
{{- if lt (len .value) (default 0 .schema.minProperties | int) }}
{{ .at }}: there is nothing in it.
{{- end -}}
{{- range $key := keys .value | sortAlpha -}}
{{- $at := printf "%s.%s" $.at $key -}}
{{- if hasKey $known $key -}}
{{- include "pg-xcopy.against" (dict "schema" (get $known $key) "value" (index $.value $key) "at" $at "defs" $.defs) -}}
{{- else if hasKey $.schema "additionalProperties" -}}
{{- if eq (toJson $.schema.additionalProperties) "false" }}
{{ $.at }}: there is no key {{ $key | quote }}; expected {{ keys $known | sortAlpha | join ", " }}.
{{- else -}}
{{- include "pg-xcopy.against" (dict "schema" $.schema.additionalProperties "value" (index $.value $key) "at" $at "defs" $.defs) -}}
{{- end -}}
{{- end -}}
{{- with $.schema.propertyNames -}}
{{- include "pg-xcopy.against" (dict "schema" . "value" $key "at" $at "defs" $.defs) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.against.list" -}}
{{- if lt (len .value) (default 0 .schema.minItems | int) }}
{{ .at }}: there is too little in it.
{{- end -}}
{{- if and (hasKey .schema "maxItems") (gt (len .value) (int .schema.maxItems)) }}
{{ .at }}: there is too much in it.
{{- end -}}
{{- if hasKey .schema "items" -}}
{{- range $number, $value := .value -}}
{{- include "pg-xcopy.against" (dict "schema" $.schema.items "value" $value "at" (printf "%s[%d]" $.at $number) "defs" $.defs) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* anyOf, oneOf: told is what is wrong with the alternative that was meant, by its type; or what there is to choose. */}}
{{- define "pg-xcopy.against.choice" -}}
{{- range $keyword := list "anyOf" "oneOf" -}}
{{- $fitting := 0 -}}
{{- $meant := list -}}
{{- $alternatives := default list (get $.schema $keyword) -}}
{{- range $alternatives -}}
{{- $problems := include "pg-xcopy.against" (dict "schema" . "value" $.value "at" $.at "defs" $.defs) -}}
{{- if not (trim $problems) }}{{ $fitting = add $fitting 1 -}}
{{- else if not (or (contains (printf "\n%s: this is " $.at) $problems) (contains "is not what may stand here" $problems)) -}}
{{- $meant = append $meant $problems -}}
{{- end -}}
{{- end -}}
{{- $required := list -}}
{{- range $alternatives }}{{ $required = concat $required (default list .required) }}{{ end -}}
{{- if not $alternatives -}}
{{- else if and $required (not (eq (int $fitting) 1)) (eq $keyword "oneOf") }}
{{ $.at }}: give one of {{ join ", " $required }}.
{{- else if gt (int $fitting) 0 -}}
{{- else if $meant -}}
{{- first $meant -}}
{{- else }}
{{ $.at }}: this is {{ include "pg-xcopy.article" (include "pg-xcopy.type" $.value) }}{{ if not (or (kindIs "map" $.value) (kindIs "slice" $.value)) }}, {{ toRawJson $.value }}{{ end }}; expected {{ include "pg-xcopy.choices" $.schema }}.
{{- end -}}
{{- end -}}
{{- end }}

{{- define "pg-xcopy.choices" -}}
{{- $enum := list -}}
{{- range concat (default list .anyOf) (default list .oneOf) }}{{ $enum = concat $enum (default list .enum) }}{{ end -}}
{{- $enum | empty | ternary (include "pg-xcopy.wanted" (dict "schema" .)) (join ", " $enum) -}}
{{- end }}

{{/* allOf, not, if; the only `not` there is forbids keys beside each other. */}}
{{- define "pg-xcopy.against.condition" -}}
{{- range default list .schema.allOf -}}
{{- include "pg-xcopy.against" (dict "schema" . "value" $.value "at" $.at "defs" $.defs) -}}
{{- end -}}
{{- if hasKey .schema "not" -}}
{{- if not (include "pg-xcopy.against" (dict "schema" .schema.not "value" .value "at" .at "defs" .defs) | trim) }}
{{ .at }}: {{ default list .schema.not.required | join " and " }} can't stand beside each other.
{{- end -}}
{{- end -}}
{{- if hasKey .schema "if" -}}
{{- $holds := include "pg-xcopy.against" (dict "schema" (get .schema "if") "value" .value "at" .at "defs" .defs) | trim | empty -}}
{{- $then := get .schema ($holds | ternary "then" "else") -}}
{{- if $then }}{{ include "pg-xcopy.against" (dict "schema" $then "value" .value "at" .at "defs" .defs) }}{{ end -}}
{{- end -}}
{{- end }}
