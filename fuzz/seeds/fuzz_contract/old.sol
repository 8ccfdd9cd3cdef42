pragma solidity ^0.4.11;
contract Owned { address o; function Owned() { o = msg.sender; } modifier only { if (msg.sender != o) throw; _; } }
contract C is Owned { mapping(address => uint) b; uint[] l; event E(uint indexed a);
  function () payable { b[msg.sender] += msg.value; E(msg.value); }
  function take(uint n) only { if (b[msg.sender] >= n) { if (!msg.sender.call.value(n).gas(9)()) throw; b[msg.sender] -= n; } }
  function rest() { var (x, y) = (l.length, now); for (uint i = 0; i < l.length; i++) l[i] = uint(sha3(block.blockhash(block.number - 1))) % 7; suicide(o); }
}
