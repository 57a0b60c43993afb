#!/bin/sh
# Puts a site live with nothing but curl, and waits until its server serves it.
#   OSTLER_URL=http://localhost:8080 OSTLER_TOKEN=ost_api_... sh hello-site.sh SERVER DOMAIN
# Over https with the control plane's own certificate, CURL_CA_BUNDLE names a file with its root.
set -eu
server=$1
domain=$2
name=hello-from-curl

# One call: the method, and the request in JSON. The answer goes to standard output; what is refused, with its
# reason, the fields that are wrong and where that is explained, goes to standard error.
call() {
  answer=$(curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' \
    --header "Authorization: Bearer $OSTLER_TOKEN" --header 'Content-Type: application/json' \
    --data "$2" "$OSTLER_URL/ostler.api.v1.$1")
  body=${answer%????}
  case $answer in
    *"
200") printf '%s\n' "$body" ;;
    *) printf '%s\n' "$body" >&2 && return 1 ;;
  esac
}

# A request id makes a repeat harmless: sent again, it gets the first answer.
request_id=$(cat /proc/sys/kernel/random/uuid)
site=$(cat <<JSON
{
  "requestId": "$request_id",
  "resources": [{
    "meta": { "kind": "KIND_SITE", "name": "$name" },
    "site": {
      "placement": { "server": "$server" },
      "domains": ["$domain"],
      "handler": { "fixedResponse": { "status": 200, "body": "Hello from curl" } }
    }
  }]
}
JSON
)
call ResourceService/Apply "$site" > /dev/null

# Ready is told by the server itself, for the generation that was asked for.
tries=0
until call ResourceService/Get "{\"kind\":\"KIND_SITE\",\"name\":\"$name\"}" |
  grep -q '"type":"Ready","status":"CONDITION_STATUS_TRUE"'; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "$name is not ready after a minute; see it in the console" >&2; exit 1; }
  sleep 1
done
echo "$name is served at $domain"
