/* Logging in by OAUTHBEARER through the C ABI. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <unistd.h>

#include "tests/c/check.h"

/* A key that nobody has the other half of, and what it has signed: of alice, until the year 2100.
 */
static const char keys[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"FSfyGBBW88qmx"
    "TcxNrm1YYd09qRg6e2SxFLY9u3QszE\",\"y\":\"CGEyp65mHr_pnIhPKXRmtghD-ukazEWuSxsF1vn"
    "Jhbw\"}]}";
static const char signed_token[] =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.eyJpc3MiOiJpIiwiYXVkIjoia2Fma2EiLCJzdWIiOiJhb"
    "GljZSIsImV4cCI6NDEwMjQ0NDgwMH0.WJfDJNBG9PqBw2_n0m9TccN-yKD9v1typZC98gIhbZg7ymyN3"
    "nrXq6iDm7gqOJFbF9KVQEGQQayszu38VwmnTw";

/* What gives tokens, or does not. */
typedef struct source {
  const char* token;
  const char* why;
  int asked;
  int released;
} source;

static void give(ottla_token* token, void* opaque) {
  source* from = opaque;
  from->asked++;
  CHECK_CODE(ottla_token_set(token, NULL, -1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_token_add_extension(token, "trace", "a"), OTTLA_INVALID_ARGUMENT);
  if (from->why != NULL) CHECK_OK(ottla_token_fail(token, from->why));
  if (from->token == NULL) return;
  CHECK_OK(ottla_token_set(token, from->token, INT64_MAX));
  CHECK_OK(ottla_token_add_extension(token, "trace", "a"));
}

static void release(void* opaque) {
  ((source*)opaque)->released++;
}

static ottla_embedded_broker* start_asking(void) {
  ottla_config* config = ottla_config_new();
  ottla_embedded_options options = OTTLA_EMBEDDED_OPTIONS;
  const ottla_embedded_topic topic = {"t", 1};
  ottla_embedded_broker* broker = NULL;
  char path[] = "/tmp/ottla-c-keys-XXXXXX";
  char url[64];
  const int file = mkstemp(path);
  CHECK(file >= 0 && write(file, keys, sizeof(keys) - 1) == (ssize_t)sizeof(keys) - 1);
  close(file);
  snprintf(url, sizeof(url), "file://%s", path);
  CHECK_OK(ottla_config_set(config, "listeners", "SASL_PLAINTEXT://127.0.0.1:0"));
  CHECK_OK(ottla_config_set(config, "sasl.enabled.mechanisms", "OAUTHBEARER"));
  CHECK_OK(ottla_config_set(config, "sasl.oauthbearer.jwks.endpoint.url", url));
  CHECK_OK(ottla_config_set(config, "sasl.oauthbearer.expected.issuer", "i"));
  CHECK_OK(ottla_config_set(config, "sasl.oauthbearer.expected.audience", "kafka"));
  options.topics = &topic;
  options.topic_count = 1;
  CHECK_OK(ottla_embedded_broker_start(config, &options, &broker));
  ottla_config_free(config);
  unlink(path);
  return broker;
}

static void on_delivered(const ottla_delivery* delivery, void* opaque) {
  snprintf(opaque, 300, "%s", ottla_error_message(delivery->error));
}

/* What became of a record of a producer whose tokens come from there; nobody can ask afterwards. */
static void send_by(const ottla_embedded_broker* broker, source* from, char* what) {
  ottla_config* config = config_for(broker);
  ottla_producer* producer = NULL;
  const ottla_record record = record_of("v");
  CHECK_OK(ottla_config_set(config, "security.protocol", "SASL_PLAINTEXT"));
  CHECK_OK(ottla_config_set(config, "sasl.mechanism", "OAUTHBEARER"));
  CHECK_OK(ottla_config_set_oauthbearer(config, give, from, release));
  CHECK_OK(ottla_producer_open(config, &producer));
  ottla_config_free(config);
  CHECK(from->released == 0);
  CHECK_OK(ottla_producer_send(producer, &record, on_delivered, what));
  ottla_error_free(ottla_producer_flush(producer));
  ottla_producer_free(producer);
  CHECK(from->asked > 0 && from->released == 1);
}

void tokens_come_from_a_function(void) {
  ottla_embedded_broker* broker = start_asking();
  source good = {signed_token, NULL, 0, 0};
  source shut = {NULL, "the vault is shut", 0, 0};
  source silent = {NULL, NULL, 0, 0};
  source corrected = {signed_token, "not yet", 0, 0};
  source unasked = {NULL, NULL, 0, 0};
  char what[300] = "";
  send_by(broker, &good, what);
  CHECK(strcmp(what, "NONE") == 0);
  send_by(broker, &shut, what);
  CHECK(strstr(what, "SASL_AUTHENTICATION_FAILED") != NULL && strstr(what, shut.why) != NULL);
  send_by(broker, &silent, what);
  CHECK(strstr(what, "gave none") != NULL);
  send_by(broker, &corrected, what);
  CHECK(strcmp(what, "NONE") == 0);
  CHECK_CODE(ottla_config_set_oauthbearer(NULL, give, &unasked, release), OTTLA_INVALID_ARGUMENT);
  CHECK(unasked.released == 1);
  CHECK_CODE(ottla_token_set(NULL, "a", -1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_token_fail(NULL, "a"), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_token_add_extension(NULL, "a", "b"), OTTLA_INVALID_ARGUMENT);
  ottla_embedded_broker_free(broker);
}
