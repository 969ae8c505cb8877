import type { World } from './world.ts'

const ENTITY = /<(?:[@#][A-Z0-9]+(?:\|[^>]*)?)>/g
const LINK = /\bhttps?:\/\/[^\s<>]+|\b(?:[a-z0-9-]+\.)+(?:net|com|org|io|cn|us)\b(?![\w.-])/gi

/** What Slack makes of a typed message: & < > escaped, addresses made links (`<http://a.net|a.net>`), mentions kept. */
export function typedMessage(text: string): string {
  const parts = text.split(ENTITY)
  const kept = text.match(ENTITY) ?? []
  return parts.map((part, index) => link(entities(part)) + (kept[index] ?? '')).join('')
}

/** What Slack makes of the text of a command whose manifest says should_escape: @name and #channel become ids. */
export function escapedCommand(world: World, text: string): string {
  const people = text.replace(/(?<![\w<])@([\w.-]+)/g, (whole, name: string) => {
    const user = world.state.users.find((u) => u.name === name)
    return user ? `<@${user.id}|${name}>` : whole
  })
  return people.replace(/(?<![\w<])#([\w-]+)/g, (whole, name: string) => {
    const channel = world.state.channels.find((c) => c.name === name)
    return channel ? `<#${channel.id}|${name}>` : whole
  })
}

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function link(text: string): string {
  return text.replace(LINK, (found) => (/^https?:/i.test(found) ? `<${found}>` : `<http://${found}|${found}>`))
}
