#include "broker/log/offset_checkpoint.h"

#include "broker/log/text_lines.h"

namespace ottla::broker {

std::string offset_checkpoint_text(const OffsetCheckpoint& checkpoint) {
  std::string text = "0\n" + std::to_string(checkpoint.size()) + "\n";
  for (const auto& [partition, offset] : checkpoint) {
    text += partition.topic + " " + std::to_string(partition.partition) + " " +
            std::to_string(offset.value) + "\n";
  }
  return text;
}

Result<OffsetCheckpoint> parse_offset_checkpoint(BytesView text) {
  TextLines lines(text);
  auto count = lines.header();
  if (!count) return count.error();
  OffsetCheckpoint checkpoint;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto topic = lines.word();
    const auto partition = lines.number();
    const auto offset = lines.number();
    if (!topic || !partition || !offset || !lines.end_of_line() || *partition < 0 ||
        *partition > 0x7fffffff || *offset < 0) {
      return lines.malformed("'topic partition offset' expected");
    }
    checkpoint[{std::string(*topic), static_cast<std::int32_t>(*partition)}] = Offset(*offset);
  }
  return checkpoint;
}

}  // namespace ottla::broker
