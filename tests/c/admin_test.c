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

void topics_are_enlarged_set_and_emptied(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  ottla_config* config = config_for(broker);
  ottla_admin* admin = NULL;
  ottla_topic* topic = NULL;
  ottla_records* records = NULL;
  const ottla_record record = record_of("v");
  const ottla_property configs[] = {{"retention.ms", "1000"}, {"segment.ms", NULL}};
  const ottla_property wrong = {"retention.ms", "soon"};
  const ottla_property nameless = {NULL, "1"};
  int64_t start = 0;
  int i;

  CHECK_OK(ottla_admin_open(config, &admin));
  ottla_config_free(config);
  CHECK_OK(ottla_admin_create_partitions(admin, "t", 5));
  CHECK_OK(ottla_admin_describe_topic(admin, "t", &topic));
  CHECK(ottla_topic_partition_count(topic) == 5);
  ottla_topic_free(topic);
  CHECK_CODE(ottla_admin_create_partitions(admin, "t", 3), 37);
  CHECK_CODE(ottla_admin_create_partitions(admin, "u", 3), 3);

  CHECK_OK(ottla_admin_set_topic_configs(admin, "t", configs, 2));
  CHECK_CODE(ottla_admin_set_topic_configs(admin, "t", &wrong, 1), 40);
  CHECK_CODE(ottla_admin_set_topic_configs(admin, "u", configs, 2), 3);
  CHECK_CODE(ottla_admin_set_topic_configs(admin, "t", &nameless, 1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_admin_set_topic_configs(admin, "t", NULL, 1), OTTLA_INVALID_ARGUMENT);

  for (i = 0; i < 3; i++) CHECK_OK(ottla_producer_send(producer, &record, NULL, NULL));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_admin_delete_records(admin, "t", 0, 2, &start));
  CHECK(start == 2);
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == 1);
  ottla_records_free(records);
  CHECK_CODE(ottla_admin_delete_records(admin, "t", 0, 9, NULL), 1);
  CHECK_OK(ottla_admin_delete_records(admin, "t", 0, -1, NULL));
  ottla_admin_free(admin);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

/* A consumer of the group `readers` that has read the only record of `t`. */
static ottla_consumer* start_reader(const ottla_embedded_broker* broker) {
  ottla_config* config = config_for(broker);
  ottla_producer* producer = open_producer(broker);
  ottla_consumer* consumer = NULL;
  ottla_records* records = NULL;
  const ottla_record record = record_of("v");
  const char* const topics[] = {"t"};

  CHECK_OK(ottla_producer_send(producer, &record, NULL, NULL));
  CHECK_OK(ottla_producer_flush(producer));
  ottla_producer_free(producer);
  CHECK_OK(ottla_config_set(config, "group.id", "readers"));
  CHECK_OK(ottla_config_set(config, "client.id", "from-c"));
  CHECK_OK(ottla_config_set(config, "group.instance.id", "first"));
  CHECK_OK(ottla_config_set(config, "auto.offset.reset", "earliest"));
  CHECK_OK(ottla_consumer_open(config, &consumer));
  ottla_config_free(config);
  CHECK_OK(ottla_consumer_subscribe(consumer, topics, 1, NULL, NULL));
  CHECK_OK(ottla_consumer_poll(consumer, 30000, &records));
  CHECK(ottla_records_count(records) == 1);
  ottla_records_free(records);
  return consumer;
}

static ottla_admin* open_admin(const ottla_embedded_broker* broker) {
  ottla_config* config = config_for(broker);
  ottla_admin* admin = NULL;
  CHECK_OK(ottla_admin_open(config, &admin));
  ottla_config_free(config);
  return admin;
}

void groups_are_listed_and_described(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_admin* admin = open_admin(broker);
  ottla_consumer* consumer = NULL;
  ottla_groups* groups = NULL;
  ottla_group* group = NULL;
  ottla_topic_partition partitions[3];
  ottla_group_member member = OTTLA_GROUP_MEMBER;

  CHECK_CODE(ottla_admin_describe_group(admin, "readers", &group), 69);
  CHECK(group == NULL);
  consumer = start_reader(broker);
  CHECK_OK(ottla_admin_list_groups(admin, &groups));
  CHECK(ottla_groups_count(groups) == 1 && ottla_groups_id(groups, 1) == NULL);
  CHECK(strcmp(ottla_groups_id(groups, 0), "readers") == 0);
  CHECK(strcmp(ottla_groups_state(groups, 0), "Stable") == 0);
  ottla_groups_free(groups);
  CHECK_OK(ottla_admin_describe_group(admin, "readers", &group));
  CHECK(strcmp(ottla_group_id(group), "readers") == 0 && ottla_group_coordinator(group) == 1);
  CHECK(strcmp(ottla_group_state(group), "Stable") == 0);
  CHECK(strcmp(ottla_group_assignor(group), "range") == 0);
  CHECK(ottla_group_member_count(group) == 1);
  CHECK_OK(ottla_group_get_member(group, 0, &member));
  CHECK(strcmp(member.client_id, "from-c") == 0 && member.partition_count == 2);
  CHECK(strcmp(member.group_instance_id, "first") == 0 && member.client_host[0] != '\0');
  CHECK(ottla_group_member_partitions(group, 0, partitions, 1) == 2);
  CHECK(strcmp(partitions[0].topic, "t") == 0 && partitions[0].partition == 0);
  CHECK(ottla_group_member_partitions(group, 1, NULL, 0) == 0);
  CHECK_CODE(ottla_group_get_member(group, 1, &member), OTTLA_INVALID_ARGUMENT);
  member.struct_size = 3;
  CHECK_CODE(ottla_group_get_member(group, 0, &member), OTTLA_INVALID_ARGUMENT);
  ottla_group_free(group);
  ottla_consumer_free(consumer);
  ottla_admin_free(admin);
  ottla_embedded_broker_free(broker);
}

void groups_are_moved_and_deleted(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_admin* admin = open_admin(broker);
  ottla_consumer* consumer = start_reader(broker);
  ottla_offsets* offsets = NULL;
  const ottla_offset places[] = {{"t", 1, 7, "seven"}, {"t", 0, 0, NULL}};

  CHECK_CODE(ottla_admin_delete_group(admin, "readers"), 68);
  CHECK_CODE(ottla_admin_alter_group_offsets(admin, "readers", places, 2), 25);
  ottla_consumer_free(consumer);
  CHECK_OK(ottla_admin_alter_group_offsets(admin, "others", places, 2));
  CHECK_OK(ottla_admin_list_group_offsets(admin, "others", &offsets));
  CHECK(ottla_offsets_count(offsets) == 2 && ottla_offsets_get(offsets, 2) == NULL);
  CHECK(ottla_offsets_get(offsets, 1)->partition == 1 &&
        ottla_offsets_get(offsets, 1)->offset == 7);
  CHECK(strcmp(ottla_offsets_get(offsets, 1)->metadata, "seven") == 0);
  ottla_offsets_free(offsets);
  CHECK_OK(ottla_admin_delete_group(admin, "others"));
  CHECK_CODE(ottla_admin_delete_group(admin, "others"), 69);
  CHECK_OK(ottla_admin_list_group_offsets(admin, "others", &offsets));
  CHECK(ottla_offsets_count(offsets) == 0);
  ottla_offsets_free(offsets);
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
