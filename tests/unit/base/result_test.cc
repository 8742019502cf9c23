#include "ottla/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace ottla {
namespace {

// Counts those that live.
struct Counted {
  explicit Counted(int of) : number(of) { ++living; }
  Counted(const Counted& other) : number(other.number) { ++living; }
  Counted(Counted&& other) noexcept : number(std::exchange(other.number, 0)) { ++living; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --living; }
  bool operator==(const Counted&) const = default;

  int number;
  static inline int living = 0;
};

Result<Counted> failure() {
  return Error(ErrorCode::request_timed_out, "too late");
}

TEST(Results, hold_what_they_were_made_of) {
  const Result<Counted> value = Counted(5);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->number, 5);
  const auto error = failure();
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error(), Error(ErrorCode::request_timed_out, "too late"));
  EXPECT_THROW((void)error.value(), KafkaError);
}

TEST(Results, are_assigned_over_either_kind) {
  Result<Counted> result = Counted(1);
  result = failure();
  EXPECT_EQ(Counted::living, 0);
  EXPECT_EQ(result.error().message(), "too late");
  result = Error(ErrorCode::invalid_request, "a message too long to lie in the string itself");
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_request);
  result = Counted(2);
  EXPECT_EQ(Counted::living, 1);
  result = Counted(3);
  EXPECT_EQ(Counted::living, 1);
  EXPECT_EQ(result->number, 3);
}

TEST(Results, are_assigned_to_themselves) {
  Result<Counted> value = Counted(4);
  auto& same = value;
  value = same;
  EXPECT_EQ(value->number, 4);
  value = std::move(same);
  EXPECT_EQ(value->number, 4);
  auto error = failure();
  auto& same_error = error;
  error = same_error;
  EXPECT_EQ(error, failure());
}

TEST(Results, destroy_each_value_once) {
  {
    Result<Counted> first = Counted(1);
    Result<Counted> copy = first;
    Result<Counted> moved = std::move(first);
    EXPECT_EQ(copy->number, 1);
    EXPECT_EQ(moved->number, 1);
    Result<Counted> none = failure();
    const auto also_none = none;
    EXPECT_EQ(also_none, none);
    EXPECT_FALSE(none == copy);
    std::swap(none, copy);
    EXPECT_EQ(none->number, 1);
    EXPECT_FALSE(copy);
  }
  EXPECT_EQ(Counted::living, 0);
}

TEST(Results, of_what_only_moves_only_move) {
  using Owner = Result<std::unique_ptr<int>>;
  static_assert(!std::is_copy_constructible_v<Owner>);
  static_assert(!std::is_copy_assignable_v<Owner>);
  static_assert(std::is_nothrow_move_constructible_v<Owner>);
  static_assert(std::is_copy_constructible_v<Result<std::string>>);
  Owner owner = std::make_unique<int>(7);
  Owner next = std::move(owner);
  const std::unique_ptr<int> number = *std::move(next);
  EXPECT_EQ(*number, 7);
}

}  // namespace
}  // namespace ottla
