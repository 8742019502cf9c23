/* Topics and embedded brokers through the C ABI. */
#include "tests/c/check.h"

void topics_are_made_described_and_deleted(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_config* config = config_for(broker);
  ottla_admin* admin = NULL;
  ottla_topics* topics = NULL;
  ottla_topic* topic = NULL;
  ottla_new_topic made = OTTLA_NEW_TOPIC;
  const ottla_property configs[] = {{"cleanup.policy", "compact"}, {"retention.ms", "1000"}};
  const ottla_property wrong = {"cleanup.policy", "sometimes"};
  int32_t brokers[4];

  CHECK_OK(ottla_admin_open(config, &admin));
  ottla_config_free(config);
  made.name = "u";
  made.partitions = 3;
  made.configs = configs;
  made.config_count = 2;
  made.validate_only = 1;
  CHECK_OK(ottla_admin_create_topic(admin, &made));
  CHECK_CODE(ottla_admin_describe_topic(admin, "u", &topic), 3);
  CHECK(topic == NULL);
  made.validate_only = 0;
  CHECK_OK(ottla_admin_create_topic(admin, &made));
  CHECK_CODE(ottla_admin_create_topic(admin, &made), 36);
  made.name = "v";
  made.configs = &wrong;
  made.config_count = 1;
  CHECK_CODE(ottla_admin_create_topic(admin, &made), 40);
  made.replication_factor = 70000;
  CHECK_CODE(ottla_admin_create_topic(admin, &made), OTTLA_INVALID_ARGUMENT);

  CHECK_OK(ottla_admin_describe_topic(admin, "u", &topic));
  CHECK(strcmp(ottla_topic_name(topic), "u") == 0 && strlen(ottla_topic_id(topic)) == 22);
  CHECK(ottla_topic_partition_count(topic) == 3);
  CHECK(ottla_topic_leader(topic, 2) == 1 && ottla_topic_leader(topic, 3) == -1);
  CHECK(ottla_topic_replicas(topic, 0, brokers, 4) == 1 && brokers[0] == 1);
  CHECK(ottla_topic_in_sync_replicas(topic, 0, NULL, 0) == 1);
  ottla_topic_free(topic);

  CHECK_OK(ottla_admin_list_topics(admin, &topics));
  CHECK(ottla_topics_count(topics) == 2 && ottla_topics_name(topics, 2) == NULL);
  CHECK(strcmp(ottla_topics_name(topics, 0), "t") == 0);
  CHECK(strcmp(ottla_topics_name(topics, 1), "u") == 0);
  ottla_topics_free(topics);
  CHECK_OK(ottla_admin_delete_topic(admin, "u"));
  CHECK_CODE(ottla_admin_delete_topic(admin, "u"), 3);
  ottla_admin_free(admin);
  ottla_embedded_broker_free(broker);
}

static void count_lines(int level, const char* room, const char* line, void* opaque) {
  (void)level;
  if (strcmp(room, "network") != 0 && line[0] != '\0') ++*(int*)opaque;
}

void time_moves_and_faults_are_counted(void) {
  ottla_config* config = ottla_config_new();
  ottla_embedded_broker* broker = NULL;
  ottla_embedded_options options = OTTLA_EMBEDDED_OPTIONS;
  const ottla_embedded_topic topic = {"t", 1};
  ottla_producer* producer = NULL;
  ottla_records* records = NULL;
  ottla_record record = record_of("v");
  int64_t before = 0;
  int lines = 0;

  CHECK_OK(ottla_config_set(config, "log.retention.ms", "3600000"));
  CHECK_OK(ottla_config_set_log(config, OTTLA_LOG_DEBUG, count_lines, &lines));
  options.topics = &topic;
  options.topic_count = 1;
  CHECK_OK(ottla_embedded_broker_start(config, &options, &broker));
  ottla_config_free(config);
  producer = open_producer(broker);
  CHECK_OK(ottla_producer_send(producer, &record, NULL, NULL));
  CHECK_OK(ottla_producer_flush(producer));
  before = ottla_embedded_broker_now(broker);
  CHECK_OK(ottla_embedded_broker_advance(broker, 2 * 3600000));
  CHECK(ottla_embedded_broker_now(broker) - before >= 2 * 3600000);
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == 0);
  ottla_records_free(records);

  CHECK_OK(ottla_embedded_broker_delay_next(broker, 0, "t", 3600000, 1));
  record.timestamp_ms = ottla_embedded_broker_now(broker);
  CHECK_OK(ottla_producer_send(producer, &record, NULL, NULL));
  CHECK_OK(ottla_embedded_broker_await_faults(broker, 30000));
  CHECK_OK(ottla_embedded_broker_advance(broker, 3600000));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_embedded_broker_fail_next(broker, 1, NULL, 1, 5));
  CHECK_CODE(ottla_embedded_broker_await_faults(broker, 0), OTTLA_TIMED_OUT);
  CHECK(ottla_embedded_broker_clear_faults(broker) == 5);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
  CHECK(lines > 0);
}
