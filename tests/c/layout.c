/* What the first version of the ABI looks like in memory, on machines with pointers of 64 bits.
 * Members may only be added at the end of structs that say their size. */
#include "ottla/c.h"

#define FIXED(name, condition) typedef char fixed_##name[(condition) ? 1 : -1]

#if UINTPTR_MAX == 0xffffffffffffffffU
FIXED(abi, OTTLA_C_ABI == 1);
FIXED(topic_partition, sizeof(ottla_topic_partition) == 16);
FIXED(offset, sizeof(ottla_offset) == 32);
FIXED(header, sizeof(ottla_header) == 32);
FIXED(property, sizeof(ottla_property) == 16);
FIXED(embedded_topic, sizeof(ottla_embedded_topic) == 16);

FIXED(record, sizeof(ottla_record) >= 80);
FIXED(record_topic, offsetof(ottla_record, topic) == 8);
FIXED(record_partition, offsetof(ottla_record, partition) == 16);
FIXED(record_timestamp, offsetof(ottla_record, timestamp_ms) == 24);
FIXED(record_key, offsetof(ottla_record, key) == 32);
FIXED(record_value, offsetof(ottla_record, value) == 48);
FIXED(record_headers, offsetof(ottla_record, headers) == 64);
FIXED(record_header_count, offsetof(ottla_record, header_count) == 72);

FIXED(delivery, sizeof(ottla_delivery) >= 48);
FIXED(delivery_error, offsetof(ottla_delivery, error) == 8);
FIXED(delivery_topic, offsetof(ottla_delivery, topic) == 16);
FIXED(delivery_partition, offsetof(ottla_delivery, partition) == 24);
FIXED(delivery_offset, offsetof(ottla_delivery, offset) == 32);
FIXED(delivery_timestamp, offsetof(ottla_delivery, timestamp_ms) == 40);

FIXED(consumed, sizeof(ottla_consumed) >= 80);
FIXED(consumed_topic, offsetof(ottla_consumed, topic) == 8);
FIXED(consumed_partition, offsetof(ottla_consumed, partition) == 16);
FIXED(consumed_leader_epoch, offsetof(ottla_consumed, leader_epoch) == 20);
FIXED(consumed_offset, offsetof(ottla_consumed, offset) == 24);
FIXED(consumed_timestamp, offsetof(ottla_consumed, timestamp_ms) == 32);
FIXED(consumed_timestamp_type, offsetof(ottla_consumed, timestamp_type) == 40);
FIXED(consumed_header_count, offsetof(ottla_consumed, header_count) == 44);
FIXED(consumed_key, offsetof(ottla_consumed, key) == 48);
FIXED(consumed_value_size, offsetof(ottla_consumed, value_size) == 72);

FIXED(new_topic, sizeof(ottla_new_topic) >= 48);
FIXED(new_topic_configs, offsetof(ottla_new_topic, configs) == 24);
FIXED(new_topic_validate_only, offsetof(ottla_new_topic, validate_only) == 40);

FIXED(group_member, sizeof(ottla_group_member) >= 48);
FIXED(group_member_instance, offsetof(ottla_group_member, group_instance_id) == 16);
FIXED(group_member_partitions, offsetof(ottla_group_member, partition_count) == 40);

FIXED(embedded_options, sizeof(ottla_embedded_options) >= 32);
FIXED(embedded_options_topics, offsetof(ottla_embedded_options, topics) == 16);
#endif

/* A file without a declaration is not C99. */
extern int failures;
