/* The C ABI in the hands of whoever gets it wrong, and of programs older and newer than it. */
#include "tests/c/check.h"

void success_and_nothing_can_be_asked_anything(void) {
  CHECK(ottla_c_abi() == OTTLA_C_ABI);
  CHECK(ottla_error_code(NULL) == 0);
  CHECK(strcmp(ottla_error_name(NULL), "NONE") == 0);
  CHECK(strcmp(ottla_error_message(NULL), "NONE") == 0);
  CHECK(!ottla_error_is_fatal(NULL) && !ottla_error_is_retriable(NULL));
  CHECK(!ottla_error_is_abortable(NULL) && ottla_error_partition(NULL) == -1);
  CHECK(strcmp(ottla_error_topic(NULL), "") == 0);
  CHECK(ottla_records_count(NULL) == 0 && ottla_records_headers(NULL, 0, NULL, 0) == 0);
  CHECK(ottla_topics_count(NULL) == 0 && ottla_topics_name(NULL, 0) == NULL);
  CHECK(ottla_topic_partition_count(NULL) == 0 && ottla_topic_leader(NULL, 0) == -1);
  CHECK(strcmp(ottla_topic_name(NULL), "") == 0 && strcmp(ottla_topic_id(NULL), "") == 0);
  CHECK(strcmp(ottla_embedded_broker_address(NULL), "") == 0);
  CHECK(ottla_embedded_broker_now(NULL) == -1 && ottla_embedded_broker_clear_faults(NULL) == 0);
  CHECK(ottla_groups_count(NULL) == 0 && ottla_groups_id(NULL, 0) == NULL);
  CHECK(ottla_groups_state(NULL, 0) == NULL && ottla_group_coordinator(NULL) == -1);
  CHECK(strcmp(ottla_group_id(NULL), "") == 0 && strcmp(ottla_group_state(NULL), "") == 0);
  CHECK(strcmp(ottla_group_assignor(NULL), "") == 0 && ottla_group_member_count(NULL) == 0);
  CHECK(ottla_group_member_partitions(NULL, 0, NULL, 0) == 0);
  CHECK(ottla_offsets_count(NULL) == 0 && ottla_offsets_get(NULL, 0) == NULL);
  CHECK(ottla_consumer_lag(NULL, "t", 0) == -1);
  ottla_groups_free(NULL);
  ottla_group_free(NULL);
  ottla_offsets_free(NULL);
  ottla_error_free(NULL);
  ottla_runtime_free(NULL);
  ottla_config_free(NULL);
  ottla_producer_free(NULL);
  ottla_consumer_free(NULL);
  ottla_records_free(NULL);
  ottla_admin_free(NULL);
  ottla_topics_free(NULL);
  ottla_topic_free(NULL);
  ottla_embedded_broker_free(NULL);
}

void a_null_is_an_error_that_says_which(void) {
  ottla_config* config = ottla_config_new();
  ottla_producer* producer = NULL;
  ottla_error* error = ottla_config_set(config, NULL, "v");
  CHECK(strcmp(ottla_error_message(error), "INVALID_ARGUMENT: key is NULL") == 0);
  CHECK(ottla_error_is_fatal(error));
  ottla_error_free(error);
  CHECK_CODE(ottla_config_set(NULL, "k", "v"), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_config_set(config, "k", NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_config_set_runtime(NULL, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_config_set_log(config, 7, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_config_read_file(config, "/nowhere/at/all"), OTTLA_NOT_FOUND);
  CHECK_CODE(ottla_producer_open(NULL, &producer), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_producer_open(config, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_producer_send(NULL, NULL, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_producer_flush(NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_producer_begin_transaction(NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_producer_close(NULL, 0), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_open(config, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_poll(NULL, 0, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_commit(NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_pause(NULL, NULL, 0), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_subscribe_pattern(NULL, "t", NULL, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_admin_delete_topic(NULL, "t"), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_admin_describe_group(NULL, "g", NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_admin_alter_group_offsets(NULL, "g", NULL, 0), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_group_get_member(NULL, 0, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_embedded_broker_start(NULL, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_embedded_broker_advance(NULL, 0), OTTLA_INVALID_ARGUMENT);
  ottla_config_free(config);
}

void a_wrong_setting_is_named(void) {
  ottla_config* config = ottla_config_new();
  ottla_producer* producer = NULL;
  ottla_embedded_broker* broker = NULL;
  ottla_error* error = NULL;
  CHECK_OK(ottla_config_set(config, "linger.mss", "5"));
  error = ottla_producer_open(config, &producer);
  CHECK(ottla_error_code(error) == OTTLA_INVALID_ARGUMENT && producer == NULL);
  CHECK(strstr(ottla_error_message(error), "linger.ms") != NULL);
  ottla_error_free(error);
  error = ottla_embedded_broker_start(config, NULL, &broker);
  CHECK(ottla_error_code(error) != OTTLA_OK && broker == NULL);
  CHECK(strstr(ottla_error_message(error), "linger.mss") != NULL);
  ottla_error_free(error);
  ottla_config_free(config);
}

void a_record_that_makes_no_sense_is_not_taken(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  ottla_record record = record_of("v");
  const ottla_header header = {NULL, 1, NULL, 0};
  ottla_records* records = NULL;
  record.struct_size = 8;
  CHECK_CODE(ottla_producer_send(producer, &record, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  record = record_of("v");
  record.topic = NULL;
  CHECK_CODE(ottla_producer_send(producer, &record, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  record = record_of("v");
  record.key_size = 1;
  CHECK_CODE(ottla_producer_send(producer, &record, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  record = record_of("v");
  record.header_count = 1;
  CHECK_CODE(ottla_producer_send(producer, &record, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  record.headers = &header;
  CHECK_CODE(ottla_producer_send(producer, &record, NULL, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_embedded_broker_fail_next(broker, 70000, NULL, 1, 1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_embedded_broker_delay_next(broker, 0, NULL, -1, 1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_embedded_broker_advance(broker, -1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_embedded_broker_records(broker, "nothing", 0, &records), 3);
  CHECK(records == NULL);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

/* As a program that was compiled with a later header, whose struct has one more member. */
void a_struct_of_a_newer_program_is_read_as_far_as_it_is_known(void) {
  struct newer {
    ottla_record known;
    const void* unknown;
  } record;
  struct {
    ottla_consumed known;
    char unknown[8];
  } read = {OTTLA_CONSUMED, "kept"};
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  ottla_records* records = NULL;
  record.known = record_of("v");
  record.known.struct_size = sizeof(record);
  record.unknown = broker;
  CHECK_OK(ottla_producer_send(producer, &record.known, NULL, NULL));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == 1);
  read.known.struct_size = sizeof(read);
  CHECK_OK(ottla_records_get(records, 0, &read.known));
  CHECK(read.known.struct_size == sizeof(read) && strcmp(read.unknown, "kept") == 0);
  CHECK(read.known.value_size == 1 && memcmp(read.known.value, "v", 1) == 0);
  read.known.struct_size = 0;
  CHECK_CODE(ottla_records_get(records, 0, &read.known), OTTLA_INVALID_ARGUMENT);
  ottla_records_free(records);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

static void on_delivered(const ottla_delivery* delivery, void* opaque) {
  *(int*)opaque = ottla_error_code(delivery->error);
}

void what_is_closed_says_so(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_config* config = config_for(broker);
  ottla_producer* producer = open_producer(broker);
  ottla_consumer* consumer = NULL;
  ottla_admin* admin = NULL;
  ottla_records* records = NULL;
  const ottla_record record = record_of("v");
  const ottla_topic_partition place = {"t", 0};
  int code = -1;
  CHECK_OK(ottla_consumer_open(config, &consumer));
  CHECK_OK(ottla_admin_open(config, &admin));
  ottla_config_free(config);
  CHECK_OK(ottla_producer_close(producer, -1));
  CHECK_OK(ottla_producer_close(producer, -1));
  CHECK_OK(ottla_producer_send(producer, &record, on_delivered, &code));
  CHECK_OK(ottla_consumer_close(consumer, 1000));
  CHECK_OK(ottla_consumer_close(consumer, -1));
  CHECK_CODE(ottla_consumer_assign(consumer, &place, 1), OTTLA_CLOSED);
  CHECK_CODE(ottla_consumer_poll(consumer, 0, &records), OTTLA_CLOSED);
  CHECK(records == NULL);
  CHECK_OK(ottla_admin_close(admin));
  CHECK_CODE(ottla_admin_delete_topic(admin, "t"), OTTLA_CLOSED);
  CHECK_OK(ottla_embedded_broker_close(broker));
  CHECK_OK(ottla_embedded_broker_close(broker));
  CHECK_CODE(ottla_embedded_broker_advance(broker, 1), OTTLA_CLOSED);
  ottla_consumer_free(consumer);
  ottla_admin_free(admin);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
  CHECK(code == OTTLA_CLOSED);
}
