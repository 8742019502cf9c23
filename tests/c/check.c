#include "tests/c/check.h"

int failures = 0;

void check_code(ottla_error* error, int code, const char* file, int line, const char* call) {
  if (ottla_error_code(error) != code) {
    fprintf(stderr, "%s:%d: %s answered %s, not %d\n", file, line, call, ottla_error_message(error),
            code);
    failures++;
  }
  ottla_error_free(error);
}

ottla_embedded_broker* start_broker(void) {
  const ottla_embedded_topic topic = {"t", 2};
  ottla_embedded_options options = OTTLA_EMBEDDED_OPTIONS;
  ottla_embedded_broker* broker = NULL;
  options.topics = &topic;
  options.topic_count = 1;
  CHECK_OK(ottla_embedded_broker_start(NULL, &options, &broker));
  return broker;
}

ottla_config* config_for(const ottla_embedded_broker* broker) {
  ottla_config* config = ottla_config_new();
  CHECK_OK(ottla_config_set(config, "bootstrap.servers", ottla_embedded_broker_address(broker)));
  return config;
}

ottla_producer* open_producer(const ottla_embedded_broker* broker) {
  ottla_config* config = config_for(broker);
  ottla_producer* producer = NULL;
  CHECK_OK(ottla_producer_open(config, &producer));
  ottla_config_free(config);
  return producer;
}

ottla_record record_of(const char* value) {
  ottla_record record = OTTLA_RECORD;
  record.topic = "t";
  record.partition = 0;
  record.value = value;
  record.value_size = strlen(value);
  return record;
}
