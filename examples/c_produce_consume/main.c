/* How do I use Ottla from C? Sends ten records, hears of each, and reads them back.
 *
 *   c_produce_consume [BOOTSTRAP]   without an address: against a broker inside this program
 *
 * Compile with `cc main.c $(pkg-config --cflags --libs ottla-c)`. */
#include <ottla/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 10

/* Prints and frees an error, and ends the program; NULL is success. */
static void must(ottla_error* error) {
  if (error == NULL) return;
  fprintf(stderr, "%s\n", ottla_error_message(error));
  ottla_error_free(error);
  exit(1);
}

/* On a thread of the library's: here it only counts. */
static void on_delivered(const ottla_delivery* delivery, void* opaque) {
  if (delivery->error != NULL) {
    fprintf(stderr, "not sent: %s\n", ottla_error_message(delivery->error));
  } else {
    ++*(int*)opaque;
  }
}

static void make_topic(const ottla_config* config) {
  ottla_admin* admin = NULL;
  ottla_new_topic topic = OTTLA_NEW_TOPIC;
  ottla_error* error = NULL;
  topic.name = "greetings";
  topic.partitions = 1;
  must(ottla_admin_open(config, &admin));
  error = ottla_admin_create_topic(admin, &topic);
  if (ottla_error_code(error) == 36) { /* it is there already */
    ottla_error_free(error);
    error = NULL;
  }
  must(error);
  ottla_admin_free(admin);
}

static int produce(const ottla_config* config) {
  ottla_producer* producer = NULL;
  int delivered = 0;
  int i;
  must(ottla_producer_open(config, &producer));
  for (i = 0; i < RECORDS; i++) {
    char value[32];
    ottla_record record = OTTLA_RECORD;
    record.topic = "greetings";
    record.key = "en";
    record.key_size = 2;
    record.value = value;
    record.value_size = (size_t)snprintf(value, sizeof(value), "hello %d", i);
    must(ottla_producer_send(producer, &record, on_delivered, &delivered));
  }
  must(ottla_producer_flush(producer)); /* every callback has run */
  ottla_producer_free(producer);
  return delivered;
}

static int consume(ottla_config* config) {
  const char* topics[] = {"greetings"};
  ottla_consumer* consumer = NULL;
  int read = 0;
  must(ottla_config_set(config, "group.id", "printers"));
  must(ottla_config_set(config, "auto.offset.reset", "earliest"));
  must(ottla_consumer_open(config, &consumer));
  must(ottla_consumer_subscribe(consumer, topics, 1, NULL, NULL));
  while (read < RECORDS) {
    ottla_records* records = NULL;
    size_t i;
    must(ottla_consumer_poll(consumer, 30000, &records));
    if (ottla_records_count(records) == 0) break; /* nothing for half a minute */
    for (i = 0; i < ottla_records_count(records); i++) {
      ottla_consumed record = OTTLA_CONSUMED;
      must(ottla_records_get(records, i, &record));
      printf("%s-%d@%lld: %.*s\n", record.topic, (int)record.partition, (long long)record.offset,
             (int)record.value_size, (const char*)record.value);
      read++;
    }
    ottla_records_free(records);
    must(ottla_consumer_commit(consumer));
  }
  must(ottla_consumer_close(consumer, -1));
  ottla_consumer_free(consumer);
  return read;
}

int main(int argc, char** argv) {
  ottla_config* config = ottla_config_new();
  ottla_embedded_broker* broker = NULL;
  int delivered = 0;
  int read = 0;
  if (argc < 2) must(ottla_embedded_broker_start(NULL, NULL, &broker));
  must(ottla_config_set(config, "bootstrap.servers",
                        argc < 2 ? ottla_embedded_broker_address(broker) : argv[1]));
  make_topic(config);
  delivered = produce(config);
  read = consume(config);
  printf("%d delivered, %d read\n", delivered, read);
  ottla_config_free(config);
  ottla_embedded_broker_free(broker);
  return delivered == RECORDS && read == RECORDS ? 0 : 1;
}
