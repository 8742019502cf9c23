/* A program of somebody else's, in C: a record goes through a broker of its own and comes back. */
#include <ottla/c.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  const ottla_embedded_topic topic = {"greetings", 1};
  const ottla_topic_partition place = {"greetings", 0};
  ottla_embedded_options options = OTTLA_EMBEDDED_OPTIONS;
  ottla_embedded_broker* broker = NULL;
  ottla_config* config = ottla_config_new();
  ottla_producer* producer = NULL;
  ottla_consumer* consumer = NULL;
  ottla_record record = OTTLA_RECORD;
  ottla_records* records = NULL;
  ottla_consumed read = OTTLA_CONSUMED;
  if (ottla_c_abi() != OTTLA_C_ABI) return 1;
  options.topics = &topic;
  options.topic_count = 1;
  if (ottla_embedded_broker_start(NULL, &options, &broker) != NULL) return 2;
  ottla_config_set(config, "bootstrap.servers", ottla_embedded_broker_address(broker));
  if (ottla_producer_open(config, &producer) != NULL) return 3;
  record.topic = "greetings";
  record.value = "hello";
  record.value_size = 5;
  if (ottla_producer_send(producer, &record, NULL, NULL) != NULL) return 4;
  if (ottla_producer_flush(producer) != NULL) return 5;
  ottla_config_set(config, "auto.offset.reset", "earliest");
  if (ottla_consumer_open(config, &consumer) != NULL) return 6;
  if (ottla_consumer_assign(consumer, &place, 1) != NULL) return 7;
  if (ottla_consumer_poll(consumer, 30000, &records) != NULL) return 8;
  if (ottla_records_get(records, 0, &read) != NULL) return 9;
  if (read.value_size != 5 || memcmp(read.value, "hello", 5) != 0) return 10;
  printf("%s\n", (const char*)read.topic);
  ottla_records_free(records);
  ottla_consumer_free(consumer);
  ottla_producer_free(producer);
  ottla_embedded_broker_free(broker);
  ottla_config_free(config);
  return 0;
}
