/* Records through the C ABI: sent, told of, read, committed. */
#include <pthread.h>

#include "tests/c/check.h"

typedef struct outcome {
  int calls;
  int code;
  int fatal;
  int32_t partition;
  int64_t offset;
  char topic[32];
  char name[64];
} outcome;

static void on_delivered(const ottla_delivery* delivery, void* opaque) {
  outcome* out = opaque;
  out->calls++;
  out->code = ottla_error_code(delivery->error);
  out->fatal = ottla_error_is_fatal(delivery->error);
  out->partition = delivery->partition;
  out->offset = delivery->offset;
  snprintf(out->topic, sizeof(out->topic), "%s", delivery->topic);
  snprintf(out->name, sizeof(out->name), "%s", ottla_error_name(delivery->error));
}

static ottla_consumer* open_consumer(const ottla_embedded_broker* broker, const char* group) {
  ottla_config* config = config_for(broker);
  ottla_consumer* consumer = NULL;
  CHECK_OK(ottla_config_set(config, "auto.offset.reset", "earliest"));
  CHECK_OK(ottla_config_set(config, "enable.auto.commit", "false"));
  if (group != NULL) CHECK_OK(ottla_config_set(config, "group.id", group));
  CHECK_OK(ottla_consumer_open(config, &consumer));
  ottla_config_free(config);
  return consumer;
}

void a_record_comes_back_as_it_was_sent(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  ottla_consumer* consumer = open_consumer(broker, NULL);
  const ottla_topic_partition place = {"t", 1};
  const ottla_header headers[] = {{"trace", OTTLA_NUL_TERMINATED, "42", 2}, {"empty", 3, NULL, 0}};
  ottla_record record = OTTLA_RECORD;
  ottla_records* records = NULL;
  ottla_consumed read = OTTLA_CONSUMED;
  ottla_header found[2];
  outcome out = {0, -1, -1, -1, -1, "", ""};

  record.topic = "t";
  record.partition = 1;
  record.timestamp_ms = 1700000000123;
  record.key = "k\0k";
  record.key_size = 3;
  record.headers = headers;
  record.header_count = 2;
  CHECK_OK(ottla_producer_send(producer, &record, on_delivered, &out));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK(out.calls == 1 && out.code == OTTLA_OK && out.partition == 1 && out.offset == 0);
  CHECK(strcmp(out.topic, "t") == 0 && strcmp(out.name, "NONE") == 0);

  CHECK_OK(ottla_consumer_assign(consumer, &place, 1));
  CHECK_OK(ottla_consumer_poll(consumer, 30000, &records));
  CHECK(ottla_records_count(records) == 1);
  CHECK_OK(ottla_records_get(records, 0, &read));
  CHECK(read.struct_size == sizeof(read) && strcmp(read.topic, "t") == 0 && read.partition == 1);
  CHECK(read.offset == 0 && read.timestamp_ms == 1700000000123 && read.timestamp_type == 0);
  CHECK(read.key_size == 3 && memcmp(read.key, "k\0k", 3) == 0);
  CHECK(read.value == NULL && read.value_size == 0 && read.header_count == 2);
  CHECK(ottla_records_headers(records, 0, found, 2) == 2);
  CHECK(found[0].key_size == 5 && memcmp(found[0].key, "trace", 5) == 0);
  CHECK(found[0].value_size == 2 && memcmp(found[0].value, "42", 2) == 0);
  CHECK(found[1].key_size == 3 && memcmp(found[1].key, "emp", 3) == 0 && found[1].value == NULL);
  CHECK(ottla_records_headers(records, 0, found, 1) == 1);
  CHECK_CODE(ottla_records_get(records, 1, &read), OTTLA_INVALID_ARGUMENT);
  ottla_records_free(records);

  ottla_consumer_free(consumer);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

void a_delivery_says_what_went_wrong(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  const ottla_record record = record_of("v");
  outcome out = {0, -1, -1, -1, -1, "", ""};
  ottla_records* records = NULL;

  CHECK_OK(ottla_embedded_broker_fail_next(broker, 0, "t", 29, 1));
  CHECK_OK(ottla_producer_send(producer, &record, on_delivered, &out));
  CHECK_CODE(ottla_producer_flush(producer), 29);
  CHECK_OK(ottla_embedded_broker_await_faults(broker, 0));
  CHECK(out.calls == 1 && out.code == 29 && out.fatal == 1 && out.offset == -1);
  CHECK(strcmp(out.name, "TOPIC_AUTHORIZATION_FAILED") == 0 && strcmp(out.topic, "t") == 0);
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == 0);
  ottla_records_free(records);

  /* Lost answers are the library's to make good. */
  CHECK_OK(ottla_embedded_broker_drop_connection_next(broker, 0, NULL, 0, 1));
  CHECK_OK(ottla_embedded_broker_drop_connection_next(broker, 0, NULL, 1, 1));
  CHECK_OK(ottla_producer_send(producer, &record, on_delivered, &out));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK(out.calls == 2 && out.code == OTTLA_OK);
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == 1);
  ottla_records_free(records);

  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

typedef struct rebalances {
  int assigned;
  int revoked;
  size_t partitions;
} rebalances;

static void on_rebalanced(int event, const ottla_topic_partition* partitions, size_t count,
                          void* opaque) {
  rebalances* seen = opaque;
  if (event == OTTLA_PARTITIONS_ASSIGNED) {
    seen->assigned++;
    seen->partitions += count;
    CHECK(count == 0 || strcmp(partitions[0].topic, "t") == 0);
  } else {
    seen->revoked++;
  }
}

static void on_committed(const ottla_error* error, void* opaque) {
  outcome* out = opaque;
  out->calls++;
  out->code = ottla_error_code(error);
}

void a_group_goes_on_where_it_has_committed(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  ottla_consumer* consumer = open_consumer(broker, "g");
  const char* topics[] = {"t"};
  const ottla_record record = record_of("v");
  const ottla_offset back = {"t", 0, 0, "again"};
  rebalances seen = {0, 0, 0};
  outcome out = {0, -1, -1, -1, -1, "", ""};
  ottla_records* records = NULL;
  int64_t offset = 0;

  CHECK_OK(ottla_producer_send(producer, &record, NULL, NULL));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_consumer_subscribe(consumer, topics, 1, on_rebalanced, &seen));
  CHECK_OK(ottla_consumer_poll(consumer, 30000, &records));
  CHECK(ottla_records_count(records) == 1);
  CHECK(seen.assigned == 1 && seen.partitions == 2);
  ottla_records_free(records);
  CHECK_OK(ottla_consumer_committed(consumer, "t", 0, &offset));
  CHECK(offset == -1);
  CHECK_OK(ottla_consumer_position(consumer, "t", 0, &offset));
  CHECK(offset == 1);
  CHECK_OK(ottla_consumer_commit_async(consumer, on_committed, &out));
  CHECK_OK(ottla_consumer_commit(consumer));
  CHECK_OK(ottla_consumer_committed(consumer, "t", 0, &offset));
  CHECK(offset == 1);
  CHECK_OK(ottla_consumer_commit_offsets(consumer, &back, 1));
  CHECK_OK(ottla_consumer_committed(consumer, "t", 0, &offset));
  CHECK(offset == 0);
  CHECK_OK(ottla_consumer_seek(consumer, "t", 0, 0));
  CHECK_CODE(ottla_consumer_seek(consumer, "other", 0, 0), OTTLA_NOT_FOUND);
  CHECK_OK(ottla_consumer_poll(consumer, 30000, &records));
  CHECK(ottla_records_count(records) == 1);
  ottla_records_free(records);
  CHECK_OK(ottla_consumer_subscribe(consumer, NULL, 0, NULL, NULL));
  CHECK(seen.revoked == 1);
  CHECK_OK(ottla_consumer_close(consumer, -1));
  /* Callbacks have run when their client is gone. */
  ottla_consumer_free(consumer);
  CHECK(out.calls == 1 && out.code == OTTLA_OK);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

void a_transaction_is_seen_whole_or_not_at_all(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_config* config = config_for(broker);
  ottla_producer* producer = NULL;
  ottla_consumer* consumer = open_consumer(broker, "g");
  ottla_records* records = NULL;
  ottla_consumed read = OTTLA_CONSUMED;
  const ottla_record first = record_of("aborted");
  const ottla_record second = record_of("committed");
  const ottla_offset processed = {"t", 1, 7, NULL};
  int64_t offset = 0;

  CHECK_OK(ottla_config_set(config, "transactional.id", "w"));
  CHECK_OK(ottla_producer_open(config, &producer));
  ottla_config_free(config);
  CHECK_OK(ottla_producer_init_transactions(producer));
  CHECK_OK(ottla_producer_begin_transaction(producer));
  CHECK_OK(ottla_producer_send(producer, &first, NULL, NULL));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_producer_abort_transaction(producer));
  CHECK_OK(ottla_producer_begin_transaction(producer));
  CHECK_OK(ottla_producer_send(producer, &second, NULL, NULL));
  CHECK_OK(ottla_producer_send_offsets_to_transaction(producer, &processed, 1, consumer));
  CHECK_OK(ottla_producer_commit_transaction(producer));
  CHECK_CODE(ottla_producer_commit_transaction(producer), OTTLA_INVALID_ARGUMENT);
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == 2);
  ottla_records_free(records);
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 1, &records));
  CHECK(ottla_records_count(records) == 1);
  CHECK_OK(ottla_records_get(records, 0, &read));
  CHECK(read.value_size == 9 && memcmp(read.value, "committed", 9) == 0);
  ottla_records_free(records);
  CHECK_OK(ottla_consumer_committed(consumer, "t", 1, &offset));
  CHECK(offset == 7);
  ottla_consumer_free(consumer);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

/* Whether waiting in a callback is refused. */
static void on_delivered_flush(const ottla_delivery* delivery, void* opaque) {
  (void)delivery;
  CHECK_CODE(ottla_producer_close(opaque, 0), OTTLA_INVALID_ARGUMENT);
}

#define THREADS 4
#define RECORDS_EACH 250

static void* send_many(void* opaque) {
  const ottla_record record = record_of("v");
  int i;
  for (i = 0; i < RECORDS_EACH; i++) CHECK_OK(ottla_producer_send(opaque, &record, NULL, NULL));
  return NULL;
}

void threads_share_a_client_and_clients_share_threads(void) {
  ottla_runtime* runtime = NULL;
  ottla_embedded_broker* broker = NULL;
  ottla_embedded_options options = OTTLA_EMBEDDED_OPTIONS;
  const ottla_embedded_topic topic = {"t", 1};
  ottla_config* config = ottla_config_new();
  ottla_producer* producer = NULL;
  ottla_records* records = NULL;
  const ottla_record record = record_of("v");
  pthread_t threads[THREADS];
  int i;

  CHECK_CODE(ottla_runtime_start(0, &runtime), OTTLA_INVALID_ARGUMENT);
  CHECK(runtime == NULL);
  CHECK_OK(ottla_runtime_start(2, &runtime));
  CHECK_OK(ottla_config_set_runtime(config, runtime));
  ottla_runtime_free(runtime);
  options.topics = &topic;
  options.topic_count = 1;
  CHECK_OK(ottla_embedded_broker_start(config, &options, &broker));
  CHECK_OK(ottla_config_set(config, "bootstrap.servers", ottla_embedded_broker_address(broker)));
  CHECK_OK(ottla_producer_open(config, &producer));
  ottla_config_free(config);
  for (i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, send_many, producer);
  for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  CHECK_OK(ottla_producer_send(producer, &record, on_delivered_flush, producer));
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_producer_close(producer, -1));
  CHECK_OK(ottla_embedded_broker_records(broker, "t", 0, &records));
  CHECK(ottla_records_count(records) == THREADS * RECORDS_EACH + 1);
  ottla_records_free(records);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}

static int32_t poll_one(ottla_consumer* consumer, int64_t timeout_ms, int64_t* offset) {
  ottla_records* records = NULL;
  ottla_consumed read = OTTLA_CONSUMED;
  CHECK_OK(ottla_consumer_poll(consumer, timeout_ms, &records));
  if (ottla_records_count(records) > 0) CHECK_OK(ottla_records_get(records, 0, &read));
  ottla_records_free(records);
  *offset = read.offset;
  return read.partition;
}

void reading_is_paused_and_moved(void) {
  ottla_embedded_broker* broker = start_broker();
  ottla_producer* producer = open_producer(broker);
  ottla_consumer* consumer = open_consumer(broker, "readers");
  const ottla_topic_partition places[] = {{"t", 0}, {"t", 1}};
  const ottla_topic_partition missing = {"t", 7};
  ottla_record record = record_of("v");
  int64_t offset = -1;
  int i;

  for (i = 0; i < 4; i++) {
    record.partition = i % 2;
    record.timestamp_ms = 1700000000000 + i;
    CHECK_OK(ottla_producer_send(producer, &record, NULL, NULL));
  }
  CHECK_OK(ottla_producer_flush(producer));
  CHECK_OK(ottla_consumer_end_offset(consumer, "t", 1, &offset));
  CHECK(offset == 2);
  CHECK_OK(ottla_consumer_beginning_offset(consumer, "t", 1, &offset));
  CHECK(offset == 0);
  CHECK_OK(ottla_consumer_offset_for_time(consumer, "t", 1, 1700000000003, &offset));
  CHECK(offset == 1);
  CHECK_OK(ottla_consumer_offset_for_time(consumer, "t", 1, 1700000000004, &offset));
  CHECK(offset == -1);

  CHECK_OK(ottla_consumer_assign(consumer, places, 2));
  CHECK_OK(ottla_consumer_pause(consumer, places, 1));
  CHECK_OK(ottla_consumer_seek(consumer, "t", 1, 1));
  CHECK(poll_one(consumer, 30000, &offset) == 1 && offset == 1);
  CHECK(ottla_consumer_lag(consumer, "t", 1) == 0 && ottla_consumer_lag(consumer, "t", 9) == -1);
  CHECK(poll_one(consumer, 200, &offset) == -1);
  CHECK_OK(ottla_consumer_seek_to_beginning(consumer, &places[1], 1));
  CHECK(poll_one(consumer, 30000, &offset) == 1 && offset == 0);
  CHECK_OK(ottla_consumer_resume(consumer, places, 1));
  CHECK(poll_one(consumer, 30000, &offset) == 0 && offset == 0);
  CHECK_OK(ottla_consumer_seek_to_beginning(consumer, NULL, 0));
  CHECK_OK(ottla_consumer_seek_to_end(consumer, NULL, 0));
  CHECK(poll_one(consumer, 200, &offset) == -1);
  CHECK_CODE(ottla_consumer_pause(consumer, &missing, 1), OTTLA_NOT_FOUND);
  CHECK_CODE(ottla_consumer_resume(consumer, NULL, 1), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_seek_to_end(consumer, &missing, 1), OTTLA_NOT_FOUND);
  CHECK_CODE(ottla_consumer_end_offset(consumer, "t", 0, NULL), OTTLA_INVALID_ARGUMENT);
  CHECK_CODE(ottla_consumer_subscribe_pattern(consumer, "(", NULL, NULL), OTTLA_INVALID_ARGUMENT);
  ottla_consumer_free(consumer);

  consumer = open_consumer(broker, "matchers");
  CHECK_OK(ottla_consumer_subscribe_pattern(consumer, "[st]", NULL, NULL));
  CHECK(poll_one(consumer, 30000, &offset) >= 0 && offset == 0);
  ottla_consumer_free(consumer);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
}
