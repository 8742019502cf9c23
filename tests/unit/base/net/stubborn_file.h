#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "base/file.h"

namespace ottla::base {

// A file that says its bytes are on the disk until someone has waited for them, and can break.
class StubbornFile final : public File {
 public:
  StubbornFile(std::shared_ptr<File> inner, bool has_descriptor)
      : inner_(std::move(inner)), has_descriptor_(has_descriptor) {}

  Result<void> write_at(std::uint64_t, std::span<const BytesView>) override {
    return ErrorCode::io_error;
  }
  Result<std::size_t> read_at(std::uint64_t position, std::span<char> into) const override {
    ++cold_reads;
    if (broken) return Error(ErrorCode::io_error, "the disk is broken");
    if (before_cold_read) before_cold_read();
    return inner_->read_at(position, into);
  }
  Result<std::size_t> try_read_at(std::uint64_t, std::span<char>) const override {
    return ErrorCode::would_block;
  }
  Result<void> sync() override { return {}; }
  Result<void> truncate(std::uint64_t) override { return ErrorCode::io_error; }
  Result<std::uint64_t> size() const override { return inner_->size(); }
  int descriptor() const override { return has_descriptor_ ? inner_->descriptor() : -1; }
  const std::string& path() const override { return inner_->path(); }

  mutable std::atomic<int> cold_reads{0};
  std::atomic<bool> broken{false};
  std::function<void()> before_cold_read;

 private:
  const std::shared_ptr<File> inner_;
  const bool has_descriptor_;
};

}  // namespace ottla::base
