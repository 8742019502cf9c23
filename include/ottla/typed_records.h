#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "ottla/consumer_group.h"
#include "ottla/consumer_records.h"

namespace ottla {

// A record whose key and value were read by their Serdes.
template <class K, class V>
struct TypedRecord {
  K key;
  V value;
  // Topic, partition, offset, time, headers, and the bytes: lives as long as the TypedRecords.
  RecordView raw;
};

// What one poll of a TypedConsumer brought. Move-only.
template <class K, class V>
class TypedRecords {
 public:
  TypedRecords() = default;
  TypedRecords(std::vector<TypedRecord<K, V>> records, CommittedOffsets next_offsets,
               ConsumerRecords raw)
      : records_(std::move(records)),
        next_offsets_(std::move(next_offsets)),
        raw_(std::move(raw)) {}
  TypedRecords(TypedRecords&&) noexcept = default;
  TypedRecords& operator=(TypedRecords&&) noexcept = default;
  TypedRecords(const TypedRecords&) = delete;
  TypedRecords& operator=(const TypedRecords&) = delete;

  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }
  const TypedRecord<K, V>& operator[](std::size_t i) const { return records_[i]; }

  // For `commit` and for a transaction: where reading goes on behind these records.
  const CommittedOffsets& next_offsets() const { return next_offsets_; }

 private:
  std::vector<TypedRecord<K, V>> records_;
  CommittedOffsets next_offsets_;
  ConsumerRecords raw_;  // what the views point into
};

}  // namespace ottla
